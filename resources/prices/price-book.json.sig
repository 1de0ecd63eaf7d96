{"algorithm":"Ed25519","key":"2026-1","signature":"cCD5OMVefdNIioDL7MdgDpiwupnjPsqiVELARLLong28DX8dmOi9EFM7BLoSeU9aIOKXg7Xcn7qyb7+e/darAw=="}
