{"algorithm":"Ed25519","key":"2026-1","signature":"yI/28QUJpOpXKTu2UGYTEWNBmQL+Cochvj8bh3VE2MEn5LuYDByO5zAEwJr2z0FkJ77rEsqV8kT1FfVlpVdmBA=="}
