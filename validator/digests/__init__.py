"""ETags, checksums and digests of listings: how bytes are recognised again."""
