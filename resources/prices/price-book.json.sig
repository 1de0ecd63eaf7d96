{"algorithm":"Ed25519","key":"2026-1","signature":"8lXrVZkHtc1Ku+u94EAJz/hVPJMqecha1MXpg/rHUIMS0+tYVIOCqvqhZvEJ4YG4TgLZENRAXfvtK+SzoF4GDA=="}
