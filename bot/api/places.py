"""/branches and /systems: the codes that notices and cases speak in."""

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from bot.api.access import Asking


class BranchPage(BaseModel):
    """A branch office."""

    code: str = Field(examples=["palembang"])
    name: str
    province: str
    zone: str = Field(examples=["Asia/Jakarta"])


class SystemPage(BaseModel):
    """Something that can be closed or down; an alias is taken wherever the code is."""

    code: str = Field(examples=["vclaim"])
    name: dict[str, str] = Field(description="By language: id, en.")
    aliases: list[str]


class BranchList(BaseModel):
    """All branches, on one page."""

    items: list[BranchPage]
    next: None = None


class SystemList(BaseModel):
    """All systems, on one page."""

    items: list[SystemPage]
    next: None = None


def routes(guard: type[APIRoute]) -> APIRouter:
    """The addresses of what the configuration knows."""
    table = APIRouter(tags=["configuration"], route_class=guard)
    table.get("/branches", summary="Branches")(branches)
    table.get("/systems", summary="Systems and counters")(systems)
    return table


async def branches(asked: Asking) -> BranchList:
    """Every branch, in the order of branches.yml."""
    found = asked.api.config.branches.values()
    items = [
        BranchPage(code=item.code, name=item.name, province=item.province, zone=item.zone) for item in found
    ]
    return BranchList(items=items)


async def systems(asked: Asking) -> SystemList:
    """Every system, in the order of systems.yml."""
    found = asked.api.config.systems.values()
    items = [
        SystemPage(code=item.code, name={"id": item.name.id, "en": item.name.en}, aliases=list(item.aliases))
        for item in found
    ]
    return SystemList(items=items)
