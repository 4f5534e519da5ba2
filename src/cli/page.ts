/** The module that Chrome's page loads. */
import { offer } from './page-host';
import { tasks } from './tasks';

offer(tasks);
