"""Sample data: accounts, invented members, a closure, an outage, and cases that came out of real talks with the bot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import staff
from bot.app import Bot, clock
from bot.cases import queries
from bot.cases.queries import Wanted
from bot.config import HOME_ZONE
from bot.delivery import inbox
from bot.delivery.claiming import claim
from bot.lists.bringing import Import
from bot.members.importing import store
from bot.members.register import LAYOUT
from bot.messages import Address, Incoming, channel_of
from bot.notices.publishing import NewNotice
from bot.settings import HOME
from bot.storage.engine import Database
from bot.storage.sealing import Sealer
from bot.storage.tables import Agent, CaseKind, NoticeKind, Role, UpdateStatus

PASSWORD = "coba-siaga-2026"  # noqa: S105 - of the demo, which listens on this machine only


MEMBERS = HOME / "config" / "demo" / "members.csv"
"""Members who do not exist, for trying out (docs/operating.md names them)."""
MEMBERS_MADE = datetime(2026, 11, 20, tzinfo=HOME_ZONE)


@dataclass(frozen=True)
class Account:
    """Somebody at the demo's desk."""

    email: str
    name: str
    role: Role
    branch: str | None = None


ACCOUNTS = (
    Account("rina@contoh.id", "Rina", Role.AGENT),
    Account("dewi@contoh.id", "Dewi", Role.AGENT),
    Account("anton@contoh.id", "Anton", Role.AGENT, "palembang"),
    Account("supervisor@contoh.id", "Bu Ratna", Role.SUPERVISOR),
    Account("admin@contoh.id", "Admin", Role.ADMIN),
)

TALKS: dict[str, tuple[str, ...]] = {
    "simwhatsapp:yanti": (
        "saya ditolak berobat di RS SMC katanya kamar penuh",
        "kemarin malam ibu saya disuruh pulang padahal masih demam tinggi, petugasnya bilang kamar BPJS penuh semua",
        "tidak ada",
        "ya kirim",
    ),
    "simtelegram:agus": (
        "pengaduan",
        "obat kosong",
        "RSUD Palembang BARI",
        "obat jantung bapak saya kosong terus tiga bulan ini, kami disuruh beli sendiri di luar",
        "tidak ada",
        "ya kirim",
    ),
    "simtelegram:lina": (
        "antrean online error di RSUD AW Sjahranie dari jam 7 pagi",
        "ya",
    ),
    "simwhatsapp:joko": (
        "mau bicara petugas",
        "mau tanya kartu anak saya yang belum jadi, daftarnya bulan lalu",
    ),
}
"""What sample participants say; the bot answers as it would anybody."""


async def seed(bot: Bot) -> None:
    """Fill an empty database; one that has accounts is left as it is."""
    async with bot.database.sessions.begin() as session:
        if await session.scalar(select(func.count()).select_from(Agent)):
            return
        now = clock()
        agents = [
            await staff.create_agent(session, item.email, item.name, item.role, item.branch, PASSWORD, now)
            for item in ACCOUNTS
        ]
        await _notices(bot, session, agents[3], now)
    await bring_in_members(bot.database, bot.sealer)
    for address, said in TALKS.items():
        for text in said:
            await _say(bot, Address(address), text)
    await _work(bot, agents[0])


async def bring_in_members(database: Database, sealer: Sealer) -> None:
    """The invented members into the table."""
    with MEMBERS.open(encoding="utf-8-sig", newline="") as lines:
        await store(database, sealer, Import(LAYOUT.read(lines)), MEMBERS_MADE)


async def _notices(bot: Bot, session: AsyncSession, supervisor: Agent, now: datetime) -> None:
    today = now.astimezone(ZoneInfo("Asia/Makassar")).replace(hour=0, minute=0, second=0, microsecond=0)
    closure = NewNotice(
        kind=NoticeKind.CLOSURE,
        title="Pelayanan tatap muka di Kantor Cabang Balikpapan dihentikan sementara",
        scope={"branches": ["balikpapan"]},
        affects=["counter"],
        starts_at=today,
        ends_at=today + timedelta(days=3),
        cause="Perbaikan instalasi listrik setelah kebocoran atap",
        guidance="Pelayanan di rumah sakit, klinik, dan puskesmas tetap berjalan seperti biasa.",
        replacement_office="samarinda",
        alternatives=["care_center", "mobile_jkn", "whatsapp"],
    )
    outage = NewNotice(
        kind=NoticeKind.OUTAGE,
        title="Mobile JKN lambat dan sering gagal masuk",
        scope={"national": True},
        affects=["mobile_jkn"],
        starts_at=now - timedelta(hours=2),
        cause="Beban sistem sangat tinggi",
        broadcast=True,
    )
    await bot.publisher.publish(session, closure, supervisor, now)
    known = await bot.publisher.publish(session, outage, supervisor, now)
    body = "Tim pusat menambah kapasitas. Antrean bisa diambil di loket."
    await bot.publisher.add(session, known, UpdateStatus.IDENTIFIED, body, supervisor, now)


async def _say(bot: Bot, address: Address, text: str) -> None:
    """One message through inbox and turn, as if a worker had taken it."""
    now = clock()
    said = Incoming(
        channel=channel_of(address),
        address=address,
        provider_id=f"seed-{uuid4()}",
        sent_at=now,
        text=text,
        profile_name=address.partition(":")[2].title(),
    )
    await inbox.store(bot.database, bot.sealer, [said], now)
    claimed = await claim(bot.database, bot.sealer, uuid4(), clock(), bot.settings.turn_lease)
    for one in claimed:
        await bot.conversations.take_turn(one)


async def _work(bot: Bot, agent: Agent) -> None:
    """One complaint is in work already."""
    async with bot.database.sessions.begin() as session:
        cases = await queries.listed(session, bot.sealer, agent, Wanted(kind=CaseKind.COMPLAINT))
        if cases:
            await bot.handling.claim(session, cases[-1], agent)
            await bot.handling.note(
                session, cases[-1], agent, "Sudah ditelepon ke PIPP rumah sakit, menunggu balasan."
            )
