"""Pictures that Fluent Emoji has none of, drawn for ragplan in its manner: SVG bodies on a canvas of 32 × 32."""

DRAWINGS: dict[str, str] = {
    "table": (
        '<path fill="#8c5543" d="M5 14h3v14H5zM24 14h3v14h-3z"/>'
        '<path fill="#6d4534" d="M8 14h16v3H8z"/>'
        '<rect x="2" y="10" width="28" height="4.5" rx="1.5" fill="#c07b4f"/>'
    ),
    "sofa": (
        '<path fill="#533566" d="M6 25h3v3H6zM23 25h3v3h-3z"/>'
        '<rect x="5" y="7" width="22" height="14" rx="3" fill="#8d65c5"/>'
        '<path fill="#553078" d="M15.5 9h1v9h-1z"/>'
        '<rect x="7" y="17" width="18" height="8" rx="1" fill="#b48ae8"/>'
        '<rect x="2" y="13" width="6" height="13" rx="3" fill="#8d65c5"/>'
        '<rect x="24" y="13" width="6" height="13" rx="3" fill="#8d65c5"/>'
    ),
    "lamp": (
        '<path fill="#636363" d="M15 13h2v14h-2z"/>'
        '<rect x="9" y="26" width="14" height="4" rx="2" fill="#433b6b"/>'
        '<path fill="#fcd53f" d="M11 2h10l6 13H5z"/>'
        '<path fill="#fff1a0" d="M13 2h3l-2 13H9z"/>'
    ),
    "bottle": (
        '<rect x="13" y="1" width="6" height="4" rx="1" fill="#ca0b4a"/>'
        '<path fill="#44911b" d="M13 4h6v6c0 2 4 3 4 7v11a3 3 0 0 1-3 3h-8a3 3 0 0 1-3-3V17c0-4 4-5 4-7z"/>'
        '<path fill="#f4f4f4" d="M9 19h14v7H9z"/>'
    ),
    "bench": (
        '<path fill="#433b6b" d="M5 8h3v20H5zM24 8h3v20h-3z"/>'
        '<rect x="2" y="7" width="28" height="4" rx="1" fill="#a56953"/>'
        '<rect x="2" y="12" width="28" height="4" rx="1" fill="#a56953"/>'
        '<rect x="1" y="18" width="30" height="4.5" rx="1" fill="#a56953"/>'
    ),
    "unknown": (
        '<rect x="2" y="2" width="28" height="28" rx="4" fill="#8b909c"/>'
        '<rect x="4" y="4" width="24" height="24" rx="2.5" fill="#d5d8df"/>'
        '<path fill="none" stroke="#5a5f6b" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round"'
        ' d="M11.5 12a4.5 4.5 0 1 1 6.5 4c-1.4.8-2 1.600-2 3.200"/>'
        '<circle cx="16" cy="23.800" r="2" fill="#5a5f6b"/>'
    ),
}
