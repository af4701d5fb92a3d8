import { render } from 'preact';
import { Gallery } from './components/gallery.tsx';
import { startWindow } from './state/image-window.ts';
import { startLiveUpdates } from './state/live.ts';
import { startOverview } from './state/overview.ts';
import { startTheme } from './state/theme.ts';
import './styles/base.css';
import './styles/frame.css';
import './styles/grid.css';
import './styles/panels.css';
import './styles/lists.css';
import './styles/detail.css';
import './styles/query.css';
import './styles/regions.css';

startTheme();
startLiveUpdates();
startWindow();
startOverview();

const root = document.getElementById('gallery');
if (root !== null) render(<Gallery />, root);
