{"algorithm":"Ed25519","key":"2026-1","signature":"h+dI7EJ4CTsm1cSCpn8FkKiSAeDR7ValXoOksNfXuYvh+w+YIdHgUOiLGCue45+JUdWuIQIGPPp3N5NH9fjQBg=="}
