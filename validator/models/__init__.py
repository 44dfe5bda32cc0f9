"""Plain data that every layer speaks: entries, places, findings, reports, receipts."""
