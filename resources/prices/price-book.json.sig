{"algorithm":"Ed25519","key":"2026-1","signature":"FKQQOZPA0pW88x2qDzhypb7o3iQ+nCIQmGTWnNmTfKXZcoSPALfiKujfqmX/d+udiuHZ2rYQvXu/Ko4GW4hcDA=="}
