"""What a file is called where people see it: names come from strangers, and nothing may stumble over one."""

from urllib.parse import quote

from bot.media.kinds import ENDINGS

LONGEST = 100
_OTHER_ENDINGS = {"image/jpeg": (".jpg", ".jpeg"), "audio/ogg": (".ogg", ".oga", ".opus")}


def safe(file_name: str) -> str:
    """`file_name` without folders and without what a header or a file system makes something of; may be empty."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in last if char.isprintable() and char not in ':*?"<>|;%')
    return name.strip(". ")[-LONGEST:]


def fitting(file_name: str, content_type: str, otherwise: str) -> str:
    """A safe name that ends as files of that type do; `otherwise` stands before the ending where there is none."""
    name, ending = safe(file_name), ENDINGS.get(content_type, "")
    if name.lower().endswith(_OTHER_ENDINGS.get(content_type, (ending,))):
        return name
    return f"{(name or otherwise)[: LONGEST - len(ending)]}{ending}"


def disposition(name: str) -> str:
    """The header that makes it a download under that (safe) name, whatever a browser would rather do with it."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
