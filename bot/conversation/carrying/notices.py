"""Notices: what was announced, and who is told of it."""

from collections.abc import Sequence

from bot.conversation.carrying.means import CarriedOut, Means
from bot.flows import effects, lookups
from bot.notices import queries, subscriptions
from bot.storage.tables import Notice, NoticeUpdate


async def closures(means: Means, wanted: lookups.Closures) -> list[lookups.NoticeView]:
    """Closures of a branch."""
    branch = means.config.branch(wanted.branch)
    return await _views(means, await queries.closures(means.session, branch, wanted.since, wanted.until))


async def outages(means: Means, wanted: lookups.Outages) -> list[lookups.NoticeView]:
    """Outages under way."""
    branch = means.config.branch(wanted.branch) if wanted.branch else None
    found = await queries.outages(means.session, wanted.system, branch, means.now, wanted.since)
    return await _views(means, found)


async def subscribe(means: Means, wanted: effects.Subscribe) -> bool:
    """To be told."""
    return await subscriptions.subscribe(
        means.session, means.talk.address, wanted.branch, wanted.system, means.now
    )


async def unsubscribe(means: Means, _wanted: effects.Unsubscribe) -> int:
    """Not to be told any more, not even what is queued."""
    return await subscriptions.opt_out(means.session, means.talk.address, means.now)


async def resubscribe(means: Means, _wanted: effects.Resubscribe) -> bool:
    """To be told again."""
    return await subscriptions.opt_in(means.session, means.talk.address, means.now)


async def _views(means: Means, found: Sequence[Notice]) -> list[lookups.NoticeView]:
    latest = await queries.latest_updates(means.session, found)
    return [notice_view(notice, latest.get(notice.id)) for notice in found]


def notice_view(notice: Notice, update: NoticeUpdate | None) -> lookups.NoticeView:
    """A notice as participants are told of it."""
    latest = (
        lookups.UpdateView(status=update.status.value, body=update.body, at=update.at) if update else None
    )
    return lookups.NoticeView(
        id=notice.id,
        kind=notice.kind.value,
        title=notice.title,
        body=notice.body,
        affects=tuple(notice.affects),
        starts_at=notice.starts_at,
        ends_at=notice.ends_at,
        cause=notice.cause,
        guidance=notice.guidance,
        replacement_office=notice.replacement_office,
        alternatives=tuple(notice.alternatives),
        as_of=max(notice.changed_at, latest.at) if latest else notice.changed_at,
        latest=latest,
        national=bool(notice.scope.get("national")),
    )


CARRIED_OUT: CarriedOut = {
    lookups.Closures: closures,
    lookups.Outages: outages,
    effects.Subscribe: subscribe,
    effects.Unsubscribe: unsubscribe,
    effects.Resubscribe: resubscribe,
}
