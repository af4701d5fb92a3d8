// Hangs at the word, as a walk that never advances does, and repeats all others.
process.on('message', (word) => {
  while (word === 'hang');
  process.send?.(word);
});
process.send?.('ready');
