"""A month at the example's helpdesk, as a helpdesk program would send it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from billing_service.store.scope import AMSTERDAM

SOURCE: Final = "helpdesk"
PICKED_UP_AFTER: Final = 20
"""Minutes."""

# Reference, day of the month, time of day, asker, organisation, channel, category, subject, what more there is to tell.
# ``spent``: minutes by handler, or (handler, role).
_QUESTIONS: Final[tuple[tuple[str, int, str, str, str, str, str, str, dict[str, Any]], ...]] = (
    ("HD-1001", 2, "09:10", "s.wierda", "noorderlicht-media", "portal", "ledenadministratie",
     "Velden voor abonnees inrichten", {"spent": {"j.devries": 45},
      "solution_summary": "Samen de velden voor proef- en jaarabonnees aangemaakt."}),
    ("HD-1002", 3, "10:25", "e.kok", "crescendo", "mail", "ledenadministratie",
     "Adres van een lid wijzigen lukt niet", {"spent": {"f.bakker": 10},
      "solution_summary": "Lid stond dubbel; dubbele kaart samengevoegd."}),
    ("HD-1003", 3, "14:00", "m.vandam", "korenverband", "phone", "contributie",
     "Contributie per kwartaal in plaats van per jaar", {"spent": {"j.devries": 50},
      "solution_summary": "Nieuwe contributiesoort per kwartaal gemaakt en op drie leden geprobeerd."}),
    ("HD-1004", 4, "11:40", "t.yildiz", "noorderlicht-events", "phone", "nieuwsbrief",
     "Nieuwsbrief alleen naar vrijwilligers sturen", {"spent": {"f.bakker": 12},
      "solution_summary": "Uitgelegd hoe een selectie op groep werkt."}),
    ("HD-1005", 5, "09:45", "p.jansen", "korenverband", "mail", "ledenadministratie",
     "Overlijden van een lid verwerken", {"spent": {"f.bakker": 8},
      "solution_summary": "Einddatum en reden ingevuld; post wordt niet meer verstuurd."}),
    ("HD-1006", 6, "15:30", "l.peeters", "toneelfederatie", "phone", "training",
     "Training ledenbeheer voor twee nieuwe medewerkers", {"spent": {"j.devries": 70},
      "solution_summary": "Training op afstand gegeven; opname nagestuurd."}),
    ("HD-1007", 9, "10:05", "h.mulder", "noorderlicht", "mail", "ledenadministratie",
     "Waar vind ik het overzicht van opzeggingen?", {"spent": {"f.bakker": 4},
      "solution_summary": "Verwezen naar Rapporten, Opzeggingen."}),
    ("HD-1008", 9, "13:20", "m.vandam", "korenverband", "portal", "ledenbestand",
     "Bestand met 1.350 koorleden inlezen", {"spent": {"j.devries": 95}, "quantities": {"records": "1350"},
      "solution_summary": "Bestand ingelezen; 14 dubbele adressen teruggestuurd."}),
    ("HD-1009", 10, "09:30", "a.hughes", "irca", "phone", "website",
     "Member login page shows the old logo", {"spent": {"f.bakker": 15},
      "solution_summary": "Replaced the logo in the theme and cleared the cache."}),
    ("HD-1010", 10, "16:10", "e.kok", "crescendo", "phone", "incasso",
     "Incassobestand wordt door de bank geweigerd", {"spent": {"j.devries": 25},
      "solution_summary": "Machtiging zonder datum aangevuld en bestand opnieuw gemaakt."}),
    ("HD-1011", 11, "11:15", "t.yildiz", "noorderlicht-events", "portal", "website",
     "Inschrijfformulier stuurt geen bevestiging", {"kind": "bug", "spent": {"f.bakker": 60},
      "solution_summary": "Fout in ons programma, hersteld in versie 8.4.2."}),
    ("HD-1012", 12, "10:50", "p.jansen", "korenverband", "phone", "website",
     "Agenda van de koren op de voorpagina", {"spent": {"f.bakker": 20},
      "solution_summary": "Agendablok toegevoegd aan de voorpagina."}),
    ("HD-1013", 13, "14:35", "l.peeters", "toneelfederatie", "mail", "contributie",
     "Lidgeld voor jeugdleden aanpassen", {"spent": {"j.devries": 15},
      "solution_summary": "Uitgelegd waar de bedragen per leeftijd staan."}),
    ("HD-1014", 16, "09:20", "s.wierda", "noorderlicht-media", "phone", "incasso",
     "Eerste incasso van abonnementen samen controleren", {"spent": {"j.devries": 51},
      "solution_summary": "Drie machtigingen hersteld, daarna het bestand samen verzonden."}),
    ("HD-1015", 16, "15:00", "h.mulder", "noorderlicht", "mail", "inrichting",
     "Rechten van de dochterbedrijven anders indelen", {"kind": "change",
      "spent": {("j.devries", "consultant"): 130},
      "solution_summary": "Rollen per dochter gescheiden; beheer blijft bij de groep."}),
    ("HD-1016", 17, "13:45", "m.vandam", "korenverband", "phone", "overig",
     "Wie mag stemmen op de ledenvergadering?", {"spent": {"f.bakker": 20},
      "solution_summary": "Meegedacht over de statuten; lijst met stemgerechtigden gemaakt."}),
    ("HD-1017", 17, "16:25", "e.kok", "crescendo", "phone", "ledenadministratie",
     "Lidmaatschap van een heel gezin omzetten", {"spent": {"f.bakker": 18},
      "solution_summary": "Gezin als één betaler ingesteld."}),
    ("HD-1018", 18, "10:00", "r.smit", "schaakbond-west", "phone", "ledenadministratie",
     "Kunnen jullie ons ook helpen?", {"spent": {"f.bakker": 15},
      "solution_summary": "Rondleiding gegeven; er is nog geen contract."}),
    ("HD-1019", 19, "11:30", "t.yildiz", "noorderlicht-events", "portal", "ledenadministratie",
     "Vrijwilligers samenvoegen met deelnemers", {"spent": {"f.bakker": 22},
      "solution_summary": "Twee groepen samengevoegd, dubbele kaarten opgeruimd."}),
    ("HD-1020", 20, "09:55", "p.jansen", "korenverband", "portal", "contributie",
     "Openstaande contributie van vorig jaar", {
      "solution_summary": "Herinnering ingesteld. Tijd nog niet geschreven."}),
    ("HD-1021", 20, "14:15", "a.hughes", "irca", "mail", "training",
     "Introduction for the new secretary", {"spent": {"j.devries": 40},
      "solution_summary": "Walked through the member list and the mailing module."}),
    ("HD-1022", 23, "10:40", "m.vandam", "korenverband", "phone", "nieuwsbrief",
     "Nieuwsbrief komt in de spam terecht", {"spent": {"f.bakker": 30},
      "solution_summary": "Afzender en domein ingesteld zoals de provider vraagt."}),
    ("HD-1023", 24, "13:05", "e.kok", "crescendo", "phone", "nieuwsbrief",
     "Uitnodiging voor het jubileumconcert", {"spent": {"f.bakker": 14},
      "solution_summary": "Sjabloon gemaakt en proefmail verstuurd."}),
    ("HD-1024", 25, "15:50", "h.mulder", "noorderlicht", "phone", "contributie",
     "Korting voor vroege betalers", {"spent": {"j.devries": 21},
      "solution_summary": "Kortingsregel toegevoegd, loopt tot eind van het jaar."}),
)  # fmt: skip


def questions(month: date) -> Iterator[dict[str, Any]]:
    """The questions of this month, as the body of POST /v1/questions each, in order of closing."""
    for reference, day, clock, asker, organisation, channel, category, subject, more in _QUESTIONS:
        opened = datetime.combine(month + timedelta(days=day - 1), time.fromisoformat(clock), AMSTERDAM)
        rest = {name: value for name, value in more.items() if name != "spent"}
        spent = [_who(who) | {"minutes": minutes} for who, minutes in more.get("spent", {}).items()]
        minutes = sum(entry["minutes"] for entry in spent)
        yield {
            "source": SOURCE,
            "external_id": reference,
            "subject": subject,
            "category": category,
            "channel": channel,
            "asker": asker,
            "handler": spent[0]["handler"] if spent else None,
            "organisation": organisation,
            "opened_at": opened.isoformat(),
            "picked_up_at": (opened + timedelta(minutes=PICKED_UP_AFTER)).isoformat(),
            "closed_at": (opened + timedelta(minutes=minutes + 30)).isoformat(),
            "time_entries": [
                {"external_id": f"{reference}-{number}", "worked_on": opened.date().isoformat()} | entry
                for number, entry in enumerate(spent, start=1)
            ],
        } | rest


def _who(who: str | tuple[str, str]) -> dict[str, Any]:
    return {"handler": who} if isinstance(who, str) else {"handler": who[0], "role": who[1]}
