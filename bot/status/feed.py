"""/status.atom: notices as an Atom feed (RFC 4287), one entry a notice, new again whenever something changes."""

import re
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from bot.status.page import Pages
from bot.status.picture import Picture, Shown

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def feed(pages: Pages, picture: Picture, language: str) -> bytes:
    """The feed of everything under way, planned and just over; the last change first."""
    spoken = pages.spoken(language)
    shown = sorted(picture.shown, key=_changed, reverse=True)
    root = Element("feed", {"xmlns": _ATOM, "xml:lang": spoken})
    _add(root, "id", "urn:uuid:" + str(uuid5(NAMESPACE_URL, f"siaga:status:{spoken}")))
    _add(root, "title", pages.say(spoken, "title"))
    _add(root, "subtitle", pages.say(spoken, "intro"))
    _add(root, "updated", _moment(shown[0].changed_at if shown else picture.as_of))
    _add(SubElement(root, "author"), "name", "SIAGA")
    SubElement(root, "link", {"rel": "self", "href": f"/status.atom?lang={spoken}"})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": f"/status?lang={spoken}"})
    for item in shown:
        root.append(_entry(pages, spoken, item))
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(pages: Pages, language: str, item: Shown) -> Element:
    notice, entry = item.notice, Element("entry")
    address = f"/status?lang={language}#notice-{notice.id}"
    own = f"siaga:notice:{notice.id}:{notice.created_at.timestamp()}:{language}"
    _add(entry, "id", "urn:uuid:" + str(uuid5(NAMESPACE_URL, own)))
    _add(entry, "title", f"{pages.say(language, f'kind.{notice.kind}')}: {notice.title}")
    _add(entry, "updated", _moment(item.changed_at))
    _add(entry, "published", _moment(notice.created_at))
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
    SubElement(entry, "category", {"term": notice.kind})
    lines = [*pages.news(language, item), notice.body, *pages.lines(language, item)]
    _add(entry, "content", "\n".join(filter(None, lines))).set("type", "text")
    return entry


def _add(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = _NOT_XML.sub("", text)
    return child


def _changed(item: Shown) -> datetime:
    return item.changed_at


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
