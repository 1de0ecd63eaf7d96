{"algorithm":"Ed25519","key":"2026-1","signature":"B7JLMnoBW1qitmvyiFO6+ByO/Axit9GY5Zt86lgqGf4ChKeRiJ7EqjcWdBtGUnU1KrBrYyI3lXV/A7cNBzdHDw=="}
