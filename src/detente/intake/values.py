"""Reading one value: putting right what was written so that nobody clicks on it, and recognising what it is.

>>> read_value("hxxps://a[.]example/x")
(PatternValue(kind='url', value='https://a.example/x'),)
"""

from __future__ import annotations

import re
from ipaddress import ip_network

from detente.errors import InvalidObject, InvalidPattern
from detente.stix.pattern import Kind, PatternValue, checked_value

# Names that lists and tables use for the kinds, without `-`, `_` and blanks.
KIND_NAMES: dict[str, Kind | None] = {
    "ip": None,
    "ipaddress": None,
    "ipv4": "ipv4",
    "ipv4addr": "ipv4",
    "ipv6": "ipv6",
    "ipv6addr": "ipv6",
    "cidr": None,
    "domain": "domain",
    "domainname": "domain",
    "fqdn": "domain",
    "hostname": "domain",
    "host": "domain",
    "url": "url",
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "sha512": "sha512",
}


def kind_named(name: str) -> tuple[bool, Kind | None]:
    """Whether the name is known, and the kind; None where the value has to show whether it is IPv4 or IPv6."""
    key = re.sub(r"[\s_-]", "", name).lower()
    return key in KIND_NAMES, KIND_NAMES.get(key)


def refang(text: str) -> str:
    """The value as it is used: `[.]`, `(dot)`, `hxxp`, `[:]//`, `[@]` and their like undone, no blanks around it."""
    plain = text.strip()
    if _DEFANGED.search(plain) is None:
        return plain
    plain = _DOT.sub(".", plain)
    plain = _AT.sub("@", plain)
    plain = plain.replace("[://]", "://").replace("[:]", ":").replace("[/]", "/")
    return _SCHEME.sub(lambda match: "http" + match[1].lower() if match[1] is not None else "ftp", plain)


def read_value(text: str, kind: Kind | None = None) -> tuple[PatternValue, ...]:
    """The value, of the kind named or of the one it shows by its form; raises InvalidObject with the reason.

    One value comes back, except for a URL without a scheme: the request for it may be seen with http and with https, so
    that is two.
    """
    value = refang(text)
    if not value:
        raise InvalidObject("there is no value")
    if kind is None:
        kind = "ipv4" if _IPV4.fullmatch(value) is not None else _recognised(value)
    if kind == "domain":
        value = value.rstrip(".")
        if "." not in value:
            raise InvalidObject(f"{value[:60]!a} has no dot and is no domain name that others could look for")
    if kind == "url" and "://" not in value:
        host = re.split(r"[/?#:]", value, maxsplit=1)[0]
        if not (_is(host, "domain") and "." in host) and not _is(host, "ipv4"):
            raise InvalidObject(f"{value[:60]!a} has no scheme and does not begin with a host; expected http://…")
        return _checked("url", "http://" + value), _checked("url", "https://" + value)
    return (_checked(kind, value),)


def _recognised(value: str) -> Kind:
    if _HEX.fullmatch(value) is not None and len(value) in _HASHES:
        return _HASHES[len(value)]
    if "://" in value:
        return "url"
    address, _, prefix = value.partition("/")
    if _ADDRESS.fullmatch(address) is not None and (not prefix or prefix.isdigit()):
        try:
            return "ipv4" if ip_network(value, strict=False).version == 4 else "ipv6"
        except ValueError as error:
            raise InvalidObject(f"it looks like an address, but {error}") from None
    if "/" in value:
        return "url"
    ending = value.rpartition(".")[2].lower()
    if ending in _FILE_ENDINGS:
        raise InvalidObject(f"it looks like the name of a file (.{ending}); if it is a host, say so: domain, tab, name")
    if "." in value and _is(value.rstrip("."), "domain"):
        return "domain"
    raise InvalidObject("it is no address, domain name, URL or hash; if it is, say which: kind, tab, value")


def _checked(kind: Kind, value: str) -> PatternValue:
    try:
        return PatternValue(kind, checked_value(kind, value))
    except InvalidPattern as error:
        raise InvalidObject(str(error)) from None


def _is(value: str, kind: Kind) -> bool:
    try:
        checked_value(kind, value)
    except InvalidPattern:
        return False
    return True


_HASHES: dict[int, Kind] = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_HEX = re.compile(r"[0-9A-Fa-f]+")
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_DEFANGED = re.compile(r"[\[({]|\A[hf]xx?p", re.IGNORECASE)
_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}", re.IGNORECASE)
_AT = re.compile(r"\[@\]|\(@\)|\[at\]|\(at\)", re.IGNORECASE)
_SCHEME = re.compile(r"\A(?:hxxp(s?)|fxp)(?=:)", re.IGNORECASE)
# Endings that are no top-level domain and are common in lists of malware. (.zip, .py, .sh and others are both: then the
# form cannot tell, and a host is what such lists mean more often.)
_FILE_ENDINGS = frozenset(
    {
        "asp", "aspx", "bat", "bin", "bmp", "cfg", "cmd", "dat", "dll", "doc", "docm", "docx", "elf", "exe", "gif",
        "htm", "html", "ini", "jar", "jpeg", "jpg", "js", "jse", "json", "jsp", "lnk", "log", "msi", "ocx", "pdf",
        "php", "png", "ppt", "pptx", "ps1", "rar", "rtf", "scr", "swf", "sys", "tmp", "txt", "vbe", "vbs", "xls",
        "xlsm", "xlsx", "xml",
    }
)  # fmt: skip
