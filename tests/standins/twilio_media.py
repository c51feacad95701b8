"""What Twilio does with the address of a file: fetch it after the message was accepted, and report when it cannot."""

import re
from dataclasses import dataclass

import httpx

from tests.standins.twilio_content import Refused

TAKEN = re.compile(
    r"image/(jpeg|png|webp)|application/pdf|audio/(ogg|amr|3gpp|aac|mpeg)|video/mp4|text/vcard"
)
PHOTO, OTHER = 5 * 1024 * 1024, 16 * 1024 * 1024
COULD_NOT_FETCH, BAD_TYPE, TOO_LARGE = 63019, 12300, 63034


@dataclass
class Fetched:
    """A file as the participant gets it; a document is called as its header says, else as its address ends."""

    content_type: str
    content: bytes
    name: str


def check_media_urls(urls: list[str]) -> None:
    """What Twilio says of the addresses before it accepts a message."""
    if len(urls) > 1:
        raise Refused(400, 21623, "Number of media files exceeds allowed limit")
    if not re.fullmatch(r"https?://[^/\s]+/\S*", urls[0]):
        raise Refused(400, 21620, "Invalid media URL")


async def fetch(url: str, hosts: dict[str, str]) -> Fetched | int:
    """The file, or the code with which its message fails."""
    try:
        async with httpx.AsyncClient(timeout=15) as http:
            answer = await http.get(reached(url, hosts), headers={"User-Agent": "TwilioProxy/1.1"})
    except httpx.HTTPError:
        return COULD_NOT_FETCH
    if answer.status_code != 200:
        return COULD_NOT_FETCH
    content_type = answer.headers.get("content-type", "").partition(";")[0]
    if not TAKEN.fullmatch(content_type):
        return BAD_TYPE
    if len(answer.content) > (PHOTO if content_type.startswith("image/") else OTHER):
        return TOO_LARGE
    told = re.search(r'filename="([^"]*)"', answer.headers.get("content-disposition", ""))
    return Fetched(content_type, answer.content, told[1] if told else url.rpartition("/")[2])


def reached(url: str, hosts: dict[str, str]) -> str:
    """Where a public address is answered on this machine."""
    for public, here in hosts.items():
        if url.startswith(public + "/"):
            return here + url.removeprefix(public)
    return url
