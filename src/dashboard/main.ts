import { filter, take } from 'rxjs';
import { connect } from '../client/connect.ts';
import { parseDeepLink } from './deep-link.ts';
import { httpSource } from './http-source.ts';
import { LivePage } from './live-page.ts';
import { showTokenForm } from './token-form.ts';

/**
 * Where the page picks its real clock, server and storage. The token lives as long as the tab does.
 */
const tokenKey = 'inkling.token';

function start(): void {
  const token = sessionStorage.getItem(tokenKey);
  const socketUrl = new URL('/v1/ws', location.href);
  socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const client = connect(socketUrl.href, token === null ? {} : { token });
  const page = new LivePage({
    client,
    http: httpSource(location.origin, token),
    now: () => Date.now(),
    linkedStream: () => parseDeepLink(location.hash),
  });
  window.addEventListener('hashchange', () => page.chooseLinked());
  const refusals$ = client.state$.pipe(
    filter((state) => state === 'unauthorised'),
    take(1),
  );
  refusals$.subscribe(() => {
    sessionStorage.removeItem(tokenKey);
    showTokenForm(token !== null, (entered) => {
      sessionStorage.setItem(tokenKey, entered);
      location.reload();
    });
  });
}

start();
