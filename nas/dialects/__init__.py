"""The dialects we speak, by the name an operator gives to `nas add --dialect`."""

from nas.dialect import Dialect
from nas.dialects.cisco import Cisco
from nas.dialects.juniper import Juniper
from nas.dialects.mikrotik import Mikrotik
from nas.dialects.standard import Standard

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (Standard(), Mikrotik(), Cisco(), Juniper())
}

__all__ = ["DIALECTS", "Dialect"]
