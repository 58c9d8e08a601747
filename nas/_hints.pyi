"""The types of the compiled reader of logins; what it does is said in `_hints.pyx`."""

def said(
    area: bytes, /
) -> tuple[
    bytes | None,
    str,
    str,
    str,
    int | None,
    str,
    int | None,
    str,
    str,
    str,
    str,
    int | None,
    int | None,
]:
    """The first thirteen fields of `nas.login.LoginHints`, in order, from attribute octets."""
