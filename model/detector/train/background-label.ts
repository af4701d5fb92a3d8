/** Id and name of the last label of every detector that is trained here. */
export const backgroundLabel = 'background';
