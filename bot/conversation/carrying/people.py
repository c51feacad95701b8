"""Participants as people: consents, joined addresses, what is known of them, and its erasure."""

from sqlalchemy import select

from bot.conversation.carrying.means import CarriedOut, Means
from bot.delivery import outbox
from bot.delivery.outbox import Letter
from bot.flows import effects, lookups
from bot.messages import Address, Text
from bot.people import consents, erasing, joining, knowing
from bot.people.joining import Tried
from bot.retention import Kept
from bot.storage.tables import ChannelAddress, CopyOrder, Participant


async def consent(means: Means, wanted: effects.Consent) -> bool:
    """Keep a consent."""
    await consents.give(means.session, means.talk, wanted.purpose, wanted.version, means.now)
    return True


async def how_long_kept(means: Means, _wanted: lookups.HowLongKept) -> lookups.KeptDays:
    """As the settings say."""
    return _days(means.kept)


async def known_of_me(means: Means, wanted: lookups.KnownOfMe) -> lookups.OwnData:
    """What is known, this address first."""
    known = await knowing.known(means.session, means.sealer, means.talk.participant_id, wanted.before)
    here = sorted(known.addresses, key=lambda one: one.address != means.talk.address)
    language = known.participant.language
    return lookups.OwnData(
        addresses=tuple(_shown(means, one, language) for one in here),
        name=known.name,
        language=language,
        numbers=known.numbers,
        consents=tuple(
            lookups.ConsentView(
                purpose=one.purpose,
                version=one.version,
                given_at=one.given_at,
                withdrawn_at=one.withdrawn_at,
            )
            for one in known.consents
        ),
        cases=tuple(
            lookups.CaseLine(
                number=one.number, kind=one.kind.value, status=one.status.value, opened_at=one.opened_at
            )
            for one in known.cases
        ),
        lines=known.lines,
        files=known.files,
        subscriptions=known.subscriptions,
        since=known.since,
        kept=_days(means.kept),
        settles_at=await joining.settles_at(means.session, means.talk.participant_id, means.now),
    )


async def order_copy(means: Means, _wanted: effects.OrderCopy) -> bool:
    """A copy, made and sent by `bot.conversation.copies`."""
    means.session.add(CopyOrder(conversation_id=means.talk.id, asked_at=means.now))
    return True


async def erase_all(means: Means, _wanted: effects.EraseAll) -> effects.ErasureReceipt:
    """Erasure, as far as it goes at once; the rest is a job."""
    receipt = await erasing.order(means.session, means.sealer, means.talk.participant_id, means.now)
    return effects.ErasureReceipt(number=receipt.number, open_cases=receipt.open_cases)


async def make_code(means: Means, _wanted: effects.MakeJoinCode) -> effects.OwnCode:
    """A code for this address."""
    code = await joining.make_code(means.session, means.sealer, means.talk.address, means.now)
    return effects.OwnCode(code=code, minutes=int(joining.GOOD_FOR.total_seconds() // 60))


async def try_code(means: Means, wanted: effects.TryJoinCode) -> effects.JoinOutcome:
    """Whose code it is."""
    found = await joining.try_code(means.session, means.sealer, means.talk.address, wanted.code, means.now)
    return await _outcome(means, found)


async def join(means: Means, wanted: effects.Join) -> effects.JoinOutcome:
    """One participant at both addresses; the other one is told, in its own language."""
    found = await joining.join(means.session, means.sealer, means.talk, wanted.code, means.now)
    if found.tried is Tried.FITS and found.address:
        await _tell(means, found.address, "join.told")
    return await _outcome(means, found)


async def part(means: Means, _wanted: effects.Part) -> bool:
    """Two participants again; the others are told."""
    others = await joining.part(means.session, means.talk, means.now)
    for other in others:
        await _tell(means, other, "join.parted_told")
    return bool(others)


async def _outcome(means: Means, found: joining.Found) -> effects.JoinOutcome:
    other = await _name(means, found.address, await _language(means, means.talk.address))
    return effects.JoinOutcome(state=found.tried.value, other=other)


async def _tell(means: Means, address: str, key: str) -> None:
    """Say something at another address of the participant: without a line, which would lock that conversation."""
    language = await _language(means, address)
    values = {"other": await _name(means, means.talk.address, language)}
    letter = Letter(
        address=Address(address),
        text=Text(body=means.on_call.texts.say(key, language, values)),
    )
    await outbox.queue(means.session, means.sealer, [letter], means.now)


async def _language(means: Means, address: str) -> str:
    query = (
        select(Participant.language)
        .join(ChannelAddress, ChannelAddress.participant_id == Participant.id)
        .where(ChannelAddress.address == address)
    )
    return await means.session.scalar(query) or "id"


async def _name(means: Means, address: str | None, language: str) -> str:
    known = await means.session.get(ChannelAddress, address) if address else None
    return _shown(means, known, language) if known else ""


def _shown(means: Means, known: ChannelAddress, language: str) -> str:
    channel, who = knowing.shown(known, means.sealer)
    return f"{means.on_call.texts.say(f'my_data.{channel}', language, {})} {who}"


def _days(kept: Kept) -> lookups.KeptDays:
    return lookups.KeptDays(media=kept.media, sealed=kept.sealed, talks=kept.talks)


CARRIED_OUT: CarriedOut = {
    lookups.HowLongKept: how_long_kept,
    lookups.KnownOfMe: known_of_me,
    effects.Consent: consent,
    effects.OrderCopy: order_copy,
    effects.EraseAll: erase_all,
    effects.MakeJoinCode: make_code,
    effects.TryJoinCode: try_code,
    effects.Join: join,
    effects.Part: part,
}
