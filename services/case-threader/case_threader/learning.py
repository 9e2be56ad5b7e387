"""Learning whose an address is: the directory belongs to tasks-api, so it is told there (features C21)."""

from __future__ import annotations

from uuid import UUID

from case_threader.errors import AccountUnknown, CannotLearn, LearningUnavailable
from case_threader.repository import directory
from kit.database import AsyncSession
from kit.service_client import ServiceClient, SiblingRefused, SiblingUnavailable


async def contact_for(session: AsyncSession, email: str, account_id: UUID) -> UUID | None:
    """The only contact of this account who has the address."""
    contacts = await directory.contacts_with_address(session, email, account_id)
    return contacts[0] if len(contacts) == 1 else None


async def learn_address(client: ServiceClient, email: str, *, account_id: UUID, contact_id: UUID | None) -> None:
    """Have the address written on the card of the contact, else on that of the account.

    Saying it twice is harmless. Raises LearningUnavailable, AccountUnknown, CannotLearn.
    """
    card = f"contacts/{contact_id}" if contact_id is not None else f"accounts/{account_id}"
    try:
        await client.call("tasks-api", "POST", f"/v1/{card}/emails", json={"email": email})
    except SiblingUnavailable:
        raise LearningUnavailable from None
    except SiblingRefused as refusal:
        if refusal.answer_status == 404:
            raise AccountUnknown(account_id) from None
        raise CannotLearn(f"tasks-api refused to learn the address: {refusal.answer_code}.") from None


async def create_account(client: ServiceClient, name: str, email: str) -> UUID:
    """Have a card made for a new firm with this address (features C4). Raises LearningUnavailable, CannotLearn."""
    try:
        answer = await client.call("tasks-api", "POST", "/v1/accounts", json={"name": name, "emails": [email]})
    except SiblingUnavailable:
        raise LearningUnavailable from None
    except SiblingRefused as refusal:
        raise CannotLearn(f"tasks-api refused to make the account: {refusal.answer_code}.") from None
    return UUID(answer.json()["id"])


async def create_contact(client: ServiceClient, account_id: UUID, name: str, email: str) -> UUID:
    """Have a card made for a person of this account. Raises LearningUnavailable, AccountUnknown, CannotLearn."""
    card = {"account_id": str(account_id), "name": name, "emails": [email]}
    try:
        answer = await client.call("tasks-api", "POST", "/v1/contacts", json=card)
    except SiblingUnavailable:
        raise LearningUnavailable from None
    except SiblingRefused as refusal:
        if refusal.answer_status == 404 or refusal.answer_code == "account_not_found":
            raise AccountUnknown(account_id) from None
        raise CannotLearn(f"tasks-api refused to make the contact: {refusal.answer_code}.") from None
    return UUID(answer.json()["id"])


async def check_can_be_learned(session: AsyncSession, email: str) -> None:
    """Only the address of a sender outside can be learned, never one of ours."""
    if not email:
        raise CannotLearn("The mail names no sender whose address could be learned.")
    if await directory.ours_among(session, [email]):
        raise CannotLearn("The sender's address is one of ours.")
