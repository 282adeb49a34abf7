"""The errors kgmem raises.

::

    KgmemError
    ├── ConfigurationError      an option, an extra or a program that is missing or does not fit
    ├── InvalidInputError       a value handed in that cannot be stored or asked for
    ├── NotFoundError           an id or a name that the group does not hold
    ├── ConflictError           an id that is there already and means something else
    ├── ExtractionError         an extractor that failed on a window of turns
    └── StoreError              the store refused or failed
        └── StoreUnavailableError   it cannot be reached, or not now: trying again may help

Every message ends with the remedy. Errors of drivers are translated in one place per store and kept
as ``__cause__``.
"""


class KgmemError(Exception):
    """Base of every error that kgmem raises on purpose."""


class ConfigurationError(KgmemError):
    """An option, an extra or a program is missing or does not fit."""


class InvalidInputError(KgmemError):
    """A value that was handed in cannot be stored or asked for."""


class NotFoundError(KgmemError):
    """The group does not hold what an id or a name stands for."""


class ConflictError(KgmemError):
    """An id is there already and stands for something else."""


class ExtractionError(KgmemError):
    """An extractor failed on a window of turns."""


class StoreError(KgmemError):
    """The store refused or failed; nothing was written."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached, or not now; trying again may help."""
