import { describe, expect, it } from 'vitest';
import { judgeUpgrade, type UpgradeState } from '../../../src/adapters/websocket/upgrade.ts';
import { originRules } from '../../../src/pipeline/origin.ts';

const state: UpgradeState = {
  origins: originRules({ host: '0.0.0.0', hasTokens: true, origins: [] }),
  isReady: true,
  clients: 0,
  clientsMax: 10,
  clientsOfAddress: () => 0,
  clientsPerAddressMax: 2,
};
const headers = { host: 'a.example', 'sec-websocket-protocol': 'other, inkling.v1.json' };
const request = { url: '/v1/ws?x=1', headers, address: '10.0.0.1' };

describe('judgeUpgrade', () => {
  it('lets a client in that names our subprotocol among others', () => {
    expect(judgeUpgrade(request, state)).toBeNull();
  });

  it('refuses before the service is ready and when there are too many', () => {
    const code = (change: Partial<UpgradeState>) =>
      judgeUpgrade(request, { ...state, ...change })?.code;
    expect(code({ isReady: false })).toBe('ERR_NOT_READY');
    expect(code({ clients: 10 })).toBe('ERR_TOO_MANY');
    expect(code({ clientsOfAddress: () => 2 })).toBe('ERR_TOO_MANY');
  });

  it('counts no addresses of this machine', () => {
    const full = { ...state, clientsOfAddress: () => 2 };
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(judgeUpgrade({ ...request, address }, full)).toBeNull();
    }
  });
});
