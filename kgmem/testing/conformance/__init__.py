"""What every store must do, through the public API. Subclass it and supply ``url``."""

from kgmem.testing.conformance.asking import AskingConformance
from kgmem.testing.conformance.belief import BeliefConformance
from kgmem.testing.conformance.consolidating import ConsolidatingConformance
from kgmem.testing.conformance.naming import NamingConformance


class StoreConformance(
    BeliefConformance, NamingConformance, AskingConformance, ConsolidatingConformance
):
    """The contract of a store. Supply a fixture ``url``: where a store is, made where it is not."""


__all__ = ["StoreConformance"]
