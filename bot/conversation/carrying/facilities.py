"""Facilities near a place or by name."""

from bot.config import Listed
from bot.conversation.carrying.means import CarriedOut, Means
from bot.facilities import finding
from bot.flows import lookups


async def find(means: Means, wanted: lookups.FindFacilities) -> lookups.FacilitiesFound:
    """A page of the facilities that are looked for."""
    found = await finding.find(means.session, means.config, wanted.search)
    return lookups.FacilitiesFound(found.listed, found.more)


async def named(means: Means, wanted: lookups.FacilitiesNamed) -> tuple[Listed, ...]:
    """The facilities of a name."""
    return await finding.named(means.session, means.config, wanted.name)


CARRIED_OUT: CarriedOut = {
    lookups.FindFacilities: find,
    lookups.FacilitiesNamed: named,
}
