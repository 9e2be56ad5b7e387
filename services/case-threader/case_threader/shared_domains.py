"""Domains under which everybody can have an address: the same domain then says nothing about who somebody is."""

from __future__ import annotations

_ABROAD = """
    aol.com bk.ru fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hotmail.com hotmail.co.uk
    hotmail.de hotmail.fr hotmail.it icloud.com inbox.ru laposte.net libero.it list.ru live.com live.co.uk live.de mac.com
    mail.com mail.ru mailbox.org me.com msn.com orange.fr outlook.com outlook.de outlook.fr outlook.pl pm.me proton.me
    protonmail.com posteo.de rocketmail.com seznam.cz t-online.de tutanota.com ukr.net web.de yahoo.com yahoo.co.uk yahoo.de
    yahoo.fr yahoo.it yahoo.pl yandex.com yandex.ru ymail.com zoho.com
"""
_POLISH = """
    amorki.pl autograf.pl buziaczek.pl gazeta.pl go2.pl int.pl interia.com interia.eu interia.pl intmail.pl neostrada.pl
    o2.pl onet.com.pl onet.eu onet.pl op.pl opoczta.pl poczta.fm poczta.onet.eu poczta.onet.pl prokonto.pl spoko.pl tlen.pl
    vip.onet.pl vp.pl wp.eu wp.pl
"""
SHARED_DOMAINS = frozenset(f"{_ABROAD} {_POLISH}".split())


def is_shared(domain: str) -> bool:
    return domain in SHARED_DOMAINS
