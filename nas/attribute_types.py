"""The attribute numbers this room reads or writes, under their RFC names.

Only what is used stands here; `conf/dictionary` has them all. Plain integers, because they index
what the codec hands out.
"""

from __future__ import annotations

from typing import Final

# RFC 2865
USER_NAME: Final = 1
USER_PASSWORD: Final = 2
CHAP_PASSWORD: Final = 3
NAS_IP_ADDRESS: Final = 4
NAS_PORT: Final = 5
SERVICE_TYPE: Final = 6
FRAMED_PROTOCOL: Final = 7
FRAMED_IP_ADDRESS: Final = 8
CLASS: Final = 25
SESSION_TIMEOUT: Final = 27
CALLED_STATION_ID: Final = 30
CALLING_STATION_ID: Final = 31
NAS_IDENTIFIER: Final = 32
PROXY_STATE: Final = 33
NAS_PORT_TYPE: Final = 61

# RFC 2866
ACCT_STATUS_TYPE: Final = 40
ACCT_DELAY_TIME: Final = 41
ACCT_INPUT_OCTETS: Final = 42
ACCT_OUTPUT_OCTETS: Final = 43
ACCT_SESSION_ID: Final = 44
ACCT_AUTHENTIC: Final = 45
ACCT_SESSION_TIME: Final = 46
ACCT_TERMINATE_CAUSE: Final = 49
ACCT_MULTI_SESSION_ID: Final = 50

# RFC 2869, 3162, 5090, 5176
ACCT_INPUT_GIGAWORDS: Final = 52
ACCT_OUTPUT_GIGAWORDS: Final = 53
EVENT_TIMESTAMP: Final = 55
ARAP_PASSWORD: Final = 70
EAP_MESSAGE: Final = 79
ACCT_INTERIM_INTERVAL: Final = 85
NAS_PORT_ID: Final = 87
NAS_IPV6_ADDRESS: Final = 95
FRAMED_IPV6_PREFIX: Final = 97
ERROR_CAUSE: Final = 101
DIGEST_RESPONSE: Final = 103

# Values of Service-Type, Framed-Protocol, Acct-Authentic
FRAMED: Final = 2
PPP: Final = 1
LOCAL: Final = 2

# Vendors and their attributes
CISCO: Final = 9
CISCO_AVPAIR: Final = 1
CISCO_NAS_PORT: Final = 2
CISCO_PARENT_SESSION_ID: Final = 52
CISCO_SERVICE_INFO: Final = 251

MICROSOFT: Final = 311
MS_CHAP_RESPONSE: Final = 1
MS_CHAP2_RESPONSE: Final = 25

MIKROTIK: Final = 14988
MIKROTIK_RECV_LIMIT: Final = 1
MIKROTIK_XMIT_LIMIT: Final = 2
MIKROTIK_RATE_LIMIT: Final = 8
MIKROTIK_RECV_LIMIT_GIGAWORDS: Final = 14
MIKROTIK_XMIT_LIMIT_GIGAWORDS: Final = 15
MIKROTIK_TOTAL_LIMIT: Final = 17
MIKROTIK_TOTAL_LIMIT_GIGAWORDS: Final = 18
