/** A picture with a text, shown instead of a missing thumbnail; its grays suit light and dark pages. */
export function placeholder(text: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 224 224" width="224" height="224">
<rect width="224" height="224" fill="#64748b" fill-opacity="0.16"/>
<g fill="none" stroke="#7c8aa0" stroke-width="5" stroke-linecap="round" stroke-linejoin="round">
<rect x="76" y="62" width="72" height="58" rx="8"/><path d="m80 112 20-20 14 14 8-8 22 20M70 132 154 52"/></g>
<text x="112" y="162" text-anchor="middle" font-family="system-ui, sans-serif" font-size="17" fill="#7c8aa0">${text}</text>
</svg>`;
}
