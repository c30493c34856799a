"""What Zalo's error codes mean for a message. The words are Zalo's own."""

from __future__ import annotations

from webhook.channels.adapter import Failure

TOKEN = frozenset({-216, -220, -124})
"""The access token is not taken: renew it and try again, once."""
QUOTA = frozenset({-211, -218})
"""Out of quota: of this person or of the whole account, which `/quota/message` tells apart."""
UPLOAD_EXPIRED = -100
"""What was uploaded is no longer kept: upload it again, once."""

WORDS = {
    -32: "Your application reached limit call api",
    -100: "attachment_id was expired",
    -124: "access token invalid",
    -200: "Send message failed",
    -201: "a field is invalid",
    -204: "Offical Account is disable",
    -205: "Offical Account is not exist",
    -209: "Not supported this api",
    -210: "Parameter exceeds allowable limit",
    -211: "Out of quota",
    -212: "App has not registed this api",
    -213: "User has not followed OA",
    -216: "Access token is invalid",
    -217: "User has blocked invitation from OA",
    -218: "Out of quota receive",
    -219: "App is removed or disabled",
    -220: "access_token is expired or removed",
    -221: "The OA needs to be verified to use this feature",
    -223: "Official Account has not authorized this API",
    -224: "The OA needs to upgrade OA Tier Package",
    -227: "User is banned or has been inactive for more than 45 days",
    -230: "User has not interacted with the OA in the past 7 days",
    -232: "User has not interacted, or last interaction expired",
    -233: "message type is invalid or not support",
    -234: "This message cannot be sent at night",
    -235: "This API does not support this type of OA",
    -240: "MessageV2 API has been shut down",
    -242: "Invalid appsecret_proof",
    -244: "User has restricted this message type from your OA",
    -248: "Violates our platform standards",
    -320: "needs a Zalo Cloud Account",
    -321: "Zalo Cloud Account is out of money",
    -403: "OA is not in group",
}

_FAILURES = {
    Failure.RETRY: (-32,),
    # Blocked, banned: who did not want to hear from us gets nothing parked for later either.
    Failure.REFUSED: (-100, -201, -210, -217, -227, -233, -240, -248),
    Failure.WINDOW: (-213, -230, -232, -234, -244, -403),
    Failure.BLOCKED: (-204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -320, -321),
}
FAILURES = {code: failure for failure, codes in _FAILURES.items() for code in codes}
"""Code → Failure. -200 is not in it: it gives no reason, as a code that we don't know."""


def words(code: int) -> str:
    """A code and what it says, for logs and operators."""
    return f"{code} {WORDS.get(code, 'unknown error')}"
