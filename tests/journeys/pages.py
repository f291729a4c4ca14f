"""The pages that the journeys look at and that the pictures show."""

from __future__ import annotations

PUBLIC = {
    "home": "/",
    "events": "/events/",
    "events-found": "/events/?q=room&when=month",
    "event": "/events/printmaking-for-families/",
    "event-programme": "/events/female-migrants-bridging-the-gaps-throughout-the-life-cycle/",
    "series": "/events/series/midday-questions/",
    "galleries": "/galleries/",
    "gallery": "/galleries/pictures-on-the-move/",
    "artwork": "/galleries/pictures-on-the-move/artworks/1/",
    "auctions": "/auctions/",
    "auction": "{auction}",
    "lot": "{auction}lots/2/",
    "proceeds": "/auctions/auction-for-international-womens-day-2006/proceeds/",
    "campaign": "/campaigns/international-womens-day-2006/",
    "sign-in": "/account/sign-in/",
}
MANAGING = {
    "desk": "/manage/",
    "manage-events": "/manage/events/",
    "manage-event": "/manage/events/new/",
    "manage-event-edit": "/manage/events/8/",
    "manage-programme": "/manage/events/6/programme/",
    "manage-session": "/manage/events/6/sessions/new/",
    "manage-copies": "/manage/events/8/copies/",
    "manage-series": "/manage/series/1/",
    "manage-campaigns": "/manage/campaigns/",
    "manage-galleries": "/manage/galleries/",
    "manage-gallery": "/manage/galleries/2/",
    "manage-artwork": "/manage/artworks/2/",
    "manage-auctions": "/manage/auctions/",
    "manage-auction": "/manage/auctions/2/",
    "manage-lot": "/manage/lots/2/",
    "manage-labels": "/manage/auctions/2/labels/",
    "manage-partners": "/manage/partners/",
    "manage-desk": "/manage/payments/",
    "manage-ledger": "/manage/ledger/",
    "manage-people": "/manage/people/",
    "style": "/manage/style/",
}
PICTURED = ("home", "events", "event", "gallery", "artwork", "auction", "lot", "proceeds", "desk", "manage-gallery")
