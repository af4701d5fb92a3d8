/** Pixels. A larger input of a network takes gigabytes for its layers. */
export const maxInputSide = 4096;
