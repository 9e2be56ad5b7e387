"""The templates an installation begins with, in Polish and in English; people change them as they like."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from reminder_dispatcher.merge_fields import Locale

_NAMESPACE = UUID("5f3f7a52-6a4e-5c1e-9f0e-2b8f6f1d7c11")


@dataclass(frozen=True, slots=True)
class DefaultTemplate:
    key: str
    name: str
    channel: Literal["sms", "email"]
    context: Literal["client", "operator", "case", "invitation"]
    locale: Locale
    body: str
    subject: str | None = None

    @property
    def id(self) -> UUID:
        """The same on every installation."""
        return uuid5(_NAMESPACE, self.key)


DEFAULT_TEMPLATES: tuple[DefaultTemplate, ...] = (
    DefaultTemplate(
        "client.sms.pl",
        "Przypomnienie dla klienta (SMS)",
        "sms",
        "client",
        "pl",
        "Przypominamy o terminie: {{task.title}}, {{termin_od}}. {{nadawca}}",
    ),
    DefaultTemplate(
        "client.email.pl",
        "Przypomnienie dla klienta (e-mail)",
        "email",
        "client",
        "pl",
        "Dzień dobry,\n\nprzypominamy o umówionym terminie.\n\n"
        "Temat: {{tytul}}\nPoczątek: {{termin_od}}\nKoniec: {{termin_do}}\n\n"
        "W razie zmiany prosimy o odpowiedź na tę wiadomość.\n\nZ poważaniem\n{{nadawca}}\n",
        subject="Przypomnienie: {{tytul}}, {{data_od}}",
    ),
    DefaultTemplate(
        "operator.sms.pl",
        "Przypomnienie dla operatora (SMS)",
        "sms",
        "operator",
        "pl",
        "Zadanie {{numer}}: {{tytul}}, {{termin_od}}. {{kontrahent}}",
    ),
    DefaultTemplate(
        "operator.email.pl",
        "Przypomnienie dla operatora (e-mail)",
        "email",
        "operator",
        "pl",
        "Przypomnienie o zadaniu {{numer}}.\n\n"
        "Temat: {{tytul}}\nPoczątek: {{termin_od}}\nKoniec: {{termin_do}}\nMiejsce: {{miejsce}}\n"
        "Kontrahent: {{kontrahent}}\nOsoba kontaktowa: {{osoba_kontaktowa}}\n\n{{opis}}\n",
        subject="Zadanie {{numer}}: {{tytul}}, {{data_od}}",
    ),
    DefaultTemplate(
        "client.sms.en",
        "Reminder to the client (SMS)",
        "sms",
        "client",
        "en",
        "A reminder of our appointment: {{task.title}}, {{task.start}}. {{sender.name}}",
    ),
    DefaultTemplate(
        "client.email.en",
        "Reminder to the client (e-mail)",
        "email",
        "client",
        "en",
        "Good day,\n\nthis is a reminder of our appointment.\n\n"
        "Subject: {{task.title}}\nStart: {{task.start}}\nEnd: {{task.end}}\n\n"
        "If anything changes, please answer this message.\n\nKind regards\n{{sender.name}}\n",
        subject="Reminder: {{task.title}}, {{task.start_date}}",
    ),
    DefaultTemplate(
        "operator.sms.en",
        "Reminder to the operator (SMS)",
        "sms",
        "operator",
        "en",
        "Task {{task.number}}: {{task.title}}, {{task.start}}. {{account.name}}",
    ),
    DefaultTemplate(
        "operator.email.en",
        "Reminder to the operator (e-mail)",
        "email",
        "operator",
        "en",
        "A reminder of task {{task.number}}.\n\n"
        "Subject: {{task.title}}\nStart: {{task.start}}\nEnd: {{task.end}}\nPlace: {{task.location}}\n"
        "Account: {{account.name}}\nContact: {{contact.name}}\n\n{{task.description}}\n",
        subject="Task {{task.number}}: {{task.title}}, {{task.start_date}}",
    ),
    DefaultTemplate(
        "case.sms.pl",
        "Sprawa bez odpowiedzi (SMS)",
        "sms",
        "case",
        "pl",
        "Sprawa {{numer}} czeka na odpowiedź od {{termin_od}}: {{tytul}}. {{kontrahent}}",
    ),
    DefaultTemplate(
        "case.email.pl",
        "Sprawa bez odpowiedzi (e-mail)",
        "email",
        "case",
        "pl",
        "Sprawa {{numer}} czeka na odpowiedź.\n\nTemat: {{tytul}}\nKontrahent: {{kontrahent}}\nCzeka od: {{termin_od}}\n",
        subject="Bez odpowiedzi: {{numer}} {{tytul}}",
    ),
    DefaultTemplate(
        "invitation.sms.pl",
        "Zaproszenie czeka na decyzję (SMS)",
        "sms",
        "invitation",
        "pl",
        "Zaproszenie czeka na decyzję od {{termin_od}}: {{tytul}}.",
    ),
    DefaultTemplate(
        "invitation.email.pl",
        "Zaproszenie czeka na decyzję (e-mail)",
        "email",
        "invitation",
        "pl",
        "Zaproszenie czeka na decyzję.\n\nTemat: {{tytul}}\nOd: {{opis}}\nCzeka od: {{termin_od}}\n",
        subject="Zaproszenie czeka: {{tytul}}",
    ),
    DefaultTemplate(
        "case.sms.en",
        "Case without an answer (SMS)",
        "sms",
        "case",
        "en",
        "Case {{task.number}} has waited for an answer since {{task.start}}: {{task.title}}. {{account.name}}",
    ),
    DefaultTemplate(
        "case.email.en",
        "Case without an answer (e-mail)",
        "email",
        "case",
        "en",
        "Case {{task.number}} waits for an answer.\n\n"
        "Subject: {{task.title}}\nAccount: {{account.name}}\nWaiting since: {{task.start}}\n",
        subject="No answer yet: {{task.number}} {{task.title}}",
    ),
    DefaultTemplate(
        "invitation.sms.en",
        "Invitation waits for a decision (SMS)",
        "sms",
        "invitation",
        "en",
        "An invitation has waited for a decision since {{task.start}}: {{task.title}}.",
    ),
    DefaultTemplate(
        "invitation.email.en",
        "Invitation waits for a decision (e-mail)",
        "email",
        "invitation",
        "en",
        "An invitation waits for a decision.\n\n"
        "Subject: {{task.title}}\nFrom: {{task.description}}\nWaiting since: {{task.start}}\n",
        subject="An invitation waits: {{task.title}}",
    ),
)
