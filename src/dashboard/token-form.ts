import { byId, setText } from './element.ts';

/**
 * Asks for the access token. `refused` tells that the one just tried was not accepted. `given` is
 * called with what was entered; an empty entry is not taken.
 */
export function showTokenForm(refused: boolean, given: (token: string) => void): void {
  const form = byId('token-form', HTMLFormElement);
  const field = byId('token', HTMLInputElement);
  setText(
    byId('token-note', HTMLElement),
    refused ? 'This token was not accepted.' : 'This Inkling asks for an access token.',
  );
  byId('connecting', HTMLElement).hidden = true;
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = field.value.trim();
    if (token !== '') given(token);
  });
  field.focus();
}
