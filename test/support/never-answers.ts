// Hangs in an endless loop on the message "hang", and echoes all others.
process.on('message', (word) => {
  while (word === 'hang');
  process.send?.(word);
});
process.send?.('ready');
