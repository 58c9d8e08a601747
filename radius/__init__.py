"""The wire: RADIUS packets, attributes, passwords and dictionaries, as pure functions.

Octets come in and values go out; no socket, file, clock or random number is touched here.
The names below are the documented way in; the modules hold what the other rooms need besides.
"""

from radius._authenticator import sign_reply, sign_request, verify_reply, verify_request
from radius._codec import Packet, decode, decode_attributes, encode_attributes, peek
from radius.codes import Code, MacState
from radius.dictionary import Dictionary, load_dictionary
from radius.errors import DictionaryError, PacketError
from radius.packet import decode_packet, encode_packet

# fmt: off
__all__ = [
    "Code", "Dictionary", "DictionaryError", "MacState", "Packet", "PacketError",
    "decode", "decode_attributes", "decode_packet", "encode_attributes", "encode_packet",
    "load_dictionary", "peek", "sign_reply", "sign_request", "verify_reply", "verify_request",
]
