"""What the memory knows of predicates: names, cardinality, synonyms, inverses and types.

A `Schema` is a value. `Schema.default` holds the shipped vocabulary (``vocabulary.toml``);
`Schema.extended` and `Schema.from_file` give new schemas and change none.

What the vocabulary does not know is kept as said, its verb in the base form, and counts as many.
One form is known by its grammar: ``the_mascot``, from "the mascot of Yale is Dan", is a definite
description in the singular and so holds one object at a time.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from kgmem.errors import ConfigurationError
from kgmem.models import Cardinality
from kgmem.timeline import SAME_AS

_CARDINALITIES = get_args(Cardinality)
_OPTIONS = (
    "cardinality",
    "synonyms",
    "endings",
    "inverse",
    "state",
    "event",
    "stint",
    "subject_type",
    "object_type",
)
_IRREGULAR = {
    form: base
    for base, forms in {
        "be": "am is are was were been being 'm 're",
        "become": "became becoming",
        "begin": "began begun beginning",
        "break": "broke broken",
        "buy": "bought",
        "come": "came coming",
        "complete": "completed completing",
        "die": "dying",
        "do": "does did done",
        "drive": "drove driven",
        "fall": "fell fallen",
        "feel": "felt",
        "fly": "flew flown",
        "get": "got gotten getting",
        "give": "gave given",
        "go": "goes went gone",
        "grow": "grew grown",
        "have": "has had having",
        "hold": "held",
        "know": "knew known",
        "lead": "led",
        "leave": "left",
        "lay": "laid",
        "lie": "lying",
        "lose": "lost",
        "make": "made",
        "meet": "met",
        "quit": "quitting",
        "see": "saw seen",
        "sell": "sold",
        "sing": "sang sung",
        "speak": "spoke spoken",
        "stand": "stood",
        "study": "studies",
        "take": "took taken",
        "teach": "taught",
        "tell": "told",
        "tie": "tying",
        "win": "won",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}
_SILENT_E = re.compile(
    r"[^aeiou]l$|[uv]$|[rn][cs]$|[ae]ng$|ul$|creat$|(?:^|[^aeiou])(?:id|am|im|[aeiou][cgsvzkrt])$|[^e]at$"
)
_NO_SILENT_E = re.compile(r"(?:e[rt]|[sdxbr]it|(?:col|hon|fav|monit)or|h[ae]ng)$")
# Words that only look inflected.
_BASE_FORMS = frozenset(
    [
        "bring",
        "sing",
        "ring",
        "cling",
        "swing",
        "spring",
        "string",
        "fling",
        "wing",
        "king",
        "thing",
        "sling",
        "sting",
        "wring",
        "bed",
        "need",
        "feed",
        "speed",
        "bleed",
        "breed",
        "heed",
        "seed",
        "weed",
        "shed",
        "embed",
        "hundred",
        "sibling",
        "evening",
        "morning",
        "wedding",
        "ceiling",
        "focus",
        "discuss",
        "address",
        "status",
        "business",
        "news",
        "always",
        "series",
        "species",
        "married",
        "famous",
        "class",
        "boss",
        "canvas",
        "born",
        "united",
        "used",
        "interested",
        "allergic",
        "located",
    ]
)


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is known of one predicate.

    Attributes:
        name: Its canonical name.
        cardinality: ``single`` or ``many``.
        synonyms: Other ways to say it.
        endings: Ways to say that it is over.
        inverse: The name of the relation read from its object.
        state: Whether its past tense says that it is over.
        event: Whether its past tense tells of what happened once, and does not last.
        stint: The predicate, of many objects at a time, of a stretch that a record gives with both ends.
        subject_type: What its subject is.
        object_type: What its object is.
    """

    name: str
    cardinality: Cardinality = "many"
    synonyms: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    inverse: str | None = None
    state: bool = False
    subject_type: str | None = None
    object_type: str | None = None
    event: bool = False
    stint: str | None = None


@dataclass(frozen=True, eq=False)
class Schema:
    """The predicates of a group.

    Attributes:
        predicates: What is known, by canonical name.
    """

    predicates: Mapping[str, Predicate]
    _names: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _endings: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _inverses: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names, endings, inverses = _index(self.predicates)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_endings", endings)
        object.__setattr__(self, "_inverses", inverses)

    @staticmethod
    def default() -> "Schema":
        """The shipped vocabulary."""
        return _shipped()

    @classmethod
    def from_file(cls, path: str | Path) -> "Schema":
        """The shipped vocabulary extended by a TOML or YAML file with one table per predicate.

        A name that ends in ``.yaml`` or ``.yml`` is read as YAML, which needs PyYAML.

        Raises:
            ConfigurationError: The file is not there, is no TOML or YAML, or no vocabulary.
        """
        is_yaml = Path(path).suffix.lower() in (".yaml", ".yml")
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
            entries = _yaml(text) if is_yaml else tomllib.loads(text)
            if not all(isinstance(options, dict) for options in dict(entries).values()):
                raise ValueError("not all in it are tables")
            if wrong := [name for name in entries if not isinstance(name, str)]:
                raise ValueError(f"{wrong[0]!r} is no name: write it in quotes")
        except (OSError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"no vocabulary in {str(path)!r} ({error}): give a TOML or YAML file with one table "
                "per predicate"
            ) from error
        return cls.default().extended(entries)

    def extended(self, entries: Mapping[str, Mapping[str, Any]]) -> "Schema":
        """A new schema that knows more, or knows better.

        Args:
            entries: By predicate: ``cardinality``, ``synonyms``, ``endings``, ``inverse``, ``state``,
                ``event``, ``stint``, ``subject_type``, ``object_type``; what is left out stays as it was.
                Synonyms add up, and the last to claim one has it.

        Raises:
            ConfigurationError: An entry has an unknown option or a bad cardinality.
        """
        predicates = dict(self.predicates)
        for name, options in entries.items():
            key = _snake(name)
            # Put last, so that its synonyms win over those of older entries.
            predicates[key] = _predicate(key, options, predicates.pop(key, None))
        return Schema(predicates)

    def cardinality(self, predicate: str) -> Cardinality:
        """Whether the predicate holds one object at a time (``single``) or ``many``."""
        name = self.canonical(predicate)
        known = self.predicates.get(name)
        if known is not None:
            return known.cardinality
        return "single" if name.startswith("the_") else "many"

    def canonical(self, predicate: str) -> str:
        """The one name for what was said: ``resides in`` and ``moved_to`` are ``lives_in``.

        What the vocabulary does not know comes back in snake case, its verb in the base form.
        """
        return _canonical(self, predicate)

    def knows(self, predicate: str) -> bool:
        """Whether the vocabulary holds the predicate under any of its names."""
        return self.canonical(predicate) in self.predicates

    def ended_by(self, predicate: str) -> tuple[str, ...]:
        """The predicates that saying this one ends: ``move from`` ends ``lives_in``."""
        return self._endings.get(_key(predicate), ())

    def inverse_of(self, predicate: str) -> str | None:
        """The predicate that says the same from the object's side."""
        known = self.predicates.get(self.canonical(predicate))
        if known is not None:
            return known.inverse
        return self._inverses.get(_key(predicate))


@lru_cache(maxsize=65536)
def _canonical(schema: Schema, predicate: str) -> str:
    name = _snake(predicate)
    if name in schema.predicates:
        return name
    key = _key(name)
    for form in (key, key.removeprefix("the_")):
        if known := schema._names.get(form):
            return known
    return _unknown(name)


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError(
            "a vocabulary in YAML needs PyYAML: pip install pyyaml (kgmem[langchain] brings it), or "
            "write it in TOML"
        ) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


@lru_cache(maxsize=1)
def _shipped() -> Schema:
    text = resources.files("kgmem").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return Schema({}).extended(tomllib.loads(text))


def _predicate(name: str, options: Mapping[str, Any], old: Predicate | None) -> Predicate:
    if not name:
        raise ConfigurationError(
            "a predicate has no name: give one in snake_case such as 'lives_in'"
        )
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise ConfigurationError(
            f"{unknown[0]!r} is no option of predicate {name!r}: use {', '.join(_OPTIONS)}"
        )
    base = old or Predicate(name)
    cardinality = options.get("cardinality", base.cardinality)
    if cardinality not in _CARDINALITIES:
        raise ConfigurationError(
            f"{cardinality!r} is no cardinality of predicate {name!r}: use 'single' or 'many'"
        )
    if name != SAME_AS and SAME_AS in map(_snake, _texts(name, "synonyms", options)):
        raise ConfigurationError(f"{SAME_AS!r} says who is who: it is no synonym of {name!r}")
    for option, value in options.items():
        kind = bool if option in ("state", "event") else str
        if option not in ("cardinality", "synonyms", "endings") and not isinstance(
            value, kind | None
        ):
            raise ConfigurationError(
                f"{option} of predicate {name!r} is {value!r}: give "
                + ("true or false" if kind is bool else "text")
            )
    return Predicate(
        name,
        cardinality,
        (*base.synonyms, *_texts(name, "synonyms", options)),
        (*base.endings, *_texts(name, "endings", options)),
        options.get("inverse", base.inverse),
        bool(options.get("state", base.state)),
        options.get("subject_type", base.subject_type),
        options.get("object_type", base.object_type),
        bool(options.get("event", base.event)),
        options.get("stint", base.stint),
    )


def _texts(name: str, option: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    texts = options.get(option, ())
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(
            f"{option} of predicate {name!r} are {texts!r}: give a list of strings"
        )
    return tuple(texts)


def _index(
    predicates: Mapping[str, Predicate],
) -> tuple[dict[str, str], dict[str, tuple[str, ...]], dict[str, str]]:
    names: dict[str, str] = {}
    endings: dict[str, tuple[str, ...]] = {}
    inverses: dict[str, str] = {}
    for name, known in predicates.items():
        names |= {_key(synonym): name for synonym in known.synonyms}
        for ending in known.endings:
            key = _key(ending)
            endings[key] = tuple(dict.fromkeys((*endings.get(key, ()), name)))
        if known.inverse:
            inverses[_key(known.inverse)] = name
    # A predicate's own name beats another's synonym.
    names |= {_key(name): name for name in predicates}
    return names, endings, inverses


def _snake(text: str) -> str:
    return re.sub(r"[\W_]+", "_", text.strip().lower()).strip("_")


@lru_cache(maxsize=65536)
def _key(text: str) -> str:
    """What all ways to write a predicate share: base form of the verb, no auxiliary, no article."""
    words = _snake(text).split("_")
    if len(words) > 1 and _base(words[0]) == "be":
        words = words[1:]
        if len(words) > 1 and words[0] in ("a", "an"):
            words = words[1:]
    if words[0] == "the":
        return "_".join(words)
    return "_".join((_base(words[0]), *(word for word in words[1:] if word not in ("a", "an"))))


def _unknown(name: str) -> str:
    words = name.split("_")
    first = _base(words[0])
    if first in ("be", "have"):
        words[0] = {"be": "is", "have": "has"}[first]
    elif words[-1] != "by" and words[0] != "the":
        # "painted_by" stays: its base form would say the opposite.
        words[0] = first
    return "_".join(words)


@lru_cache(maxsize=65536)
def _base(word: str) -> str:
    """The base form of a verb, by rule; good for regular verbs and the common irregular ones."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _BASE_FORMS or not word[3:]:
        return word
    for form in _stems(word):
        if re.search(r"[aeiouy]", form) and len(form) > 1 and form != word:
            return _base(form)  # so that the base form of a base form is itself
    return word


def _stems(word: str) -> Iterator[str]:
    if word.endswith("ies") or word.endswith("ied"):
        yield word[:-3] + ("y" if word[4:] else "ie")
    elif re.search(r"(sh|ch|ss|x|zz)es$", word):
        yield word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
    elif word.endswith("eed"):
        yield word
    elif word.endswith("ed"):
        yield _restored(word[:-2])
    elif word.endswith("ing"):
        yield _restored(word[:-3])


def _restored(stem: str) -> str:
    """The base form for a stem without ``ed`` or ``ing``: paint, plan(n), liv(e)."""
    if re.search(r"([bdgkmnprtv])\1$", stem):
        return stem[:-1]
    silent = _SILENT_E.search(stem) and not _NO_SILENT_E.search(stem)
    return f"{stem}e" if silent else stem
