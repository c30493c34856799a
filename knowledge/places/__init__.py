"""Where people are: provinces, communes, and the units there were before 1 July 2025."""

from knowledge.places.place import Place
from knowledge.places.provinces import PROVINCES, Province
from knowledge.places.units import Commune, FormerUnit

__all__ = ["PROVINCES", "Commune", "FormerUnit", "Place", "Province"]
