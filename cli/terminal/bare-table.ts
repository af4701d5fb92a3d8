/** Blanks between two columns. */
const gap = 2;

/** How cli-table3 draws a table without lines but the one below its head. */
export const bareTable = {
  gap,
  options: {
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '', right: '', middle: '' },
      ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ mid: '─', 'mid-mid': '', 'left-mid': '', 'right-mid': '' },
    },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': gap },
  },
};
