"""The pages that the journeys look at and that the pictures show."""

from __future__ import annotations

PUBLIC = {
    "home": "/",
    "events": "/events/",
    "event": "/events/printmaking-for-families/",
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
    "manage-messages": "/manage/events/8/messages/",
    "manage-message": "/manage/events/8/messages/new/",
    "manage-message-draft": "/manage/events/9/messages/2/",
    "manage-message-sent": "/manage/events/8/messages/1/",
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
