"""Answers: found by the words of a question, noted down masked, rated."""

from sqlalchemy import func, select

from bot.config import HOME_ZONE
from bot.conversation.carrying.means import CarriedOut, Means
from bot.dialogue.answering import FindAnswer, Found
from bot.flows import effects
from bot.review.marking import kept
from bot.storage.tables import AnswerGiven, AnswerRating


async def find_answer(means: Means, wanted: FindAnswer) -> Found:
    """The questions that may have been asked, without those whose answer does not hold today."""
    asked = means.answers.asked(wanted.text, wanted.intent)
    if not asked:
        return Found()
    today = means.now.astimezone(HOME_ZONE).date()
    valid = [match for match in asked if means.config.questions[match.code].valid_on(today)]
    if asked[0] not in valid:
        return Found(likeness=asked[0].likeness, expired=asked[0].code)
    return Found(codes=tuple(match.code for match in valid), likeness=asked[0].likeness)


async def note_answer(means: Means, wanted: effects.NoteAnswer) -> int:
    """A row for the report of weak answers."""
    row = AnswerGiven(
        id=await means.session.scalar(select(func.nextval("answers_given_id_seq"))),
        conversation_id=means.talk.id,
        branch=means.talk.branch,
        code=wanted.code,
        intent=wanted.intent,
        text=kept(wanted.text) or None,
        likeness=wanted.likeness,
        expired=wanted.expired,
        at=means.now,
    )
    means.session.add(row)
    return row.id


async def rate_answer(means: Means, wanted: effects.RateAnswer) -> bool:
    """What the participant says of an answer; False where it has been deleted since."""
    row = await means.session.get(AnswerGiven, wanted.noted)
    if row is None or row.conversation_id != means.talk.id:
        return False
    row.rating, row.rated_at = AnswerRating(wanted.rating), means.now
    return True


CARRIED_OUT: CarriedOut = {
    FindAnswer: find_answer,
    effects.NoteAnswer: note_answer,
    effects.RateAnswer: rate_answer,
}
