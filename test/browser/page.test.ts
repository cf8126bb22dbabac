import { gzipSync } from 'node:zlib';
import mqtt from 'mqtt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type RunningService, startService } from './running-service.ts';

/** The page of a real service in Debian's Chromium. Nothing but the service is reached. */
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

interface OpenOptions {
  readonly url: string;
  readonly scheme?: 'light' | 'dark';
  readonly phone?: boolean;
}

/**
 * A page in a fresh context, and every complaint of it: console errors, exceptions, failed
 * requests.
 */
async function open({ url, scheme = 'light', phone = false }: OpenOptions) {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: phone ? { width: 375, height: 812 } : { width: 1360, height: 860 },
    deviceScaleFactor: phone ? 2 : 1,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.method()} ${request.url()}`));
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

async function waitForForecast(page: Page): Promise<void> {
  await page.locator('#chart canvas').waitFor();
  await page.locator('#outlook-label', { hasText: /^In \d/ }).waitFor();
}

/** Which of the chart's inks are on the canvas: those of the page's own custom properties. */
function paintedInks(page: Page): Promise<{ reading: number; forecast: number }> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('#chart canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(document.documentElement);
    const count = (name) => {
      const hex = style.getPropertyValue(name).trim().slice(1);
      const ink = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
      let pixels = 0;
      for (let i = 0; i < data.length; i += 4) {
        const near = ink.every((part, k) => Math.abs(data[i + k] - part) < 12);
        if (near && data[i + 3] > 200) pixels++;
      }
      return pixels;
    };
    return { reading: count('--reading'), forecast: count('--forecast') };
  })()`);
}

describe('the page of a service with simulated devices', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service?.stop());

  it.each(['light', 'dark'] as const)(
    'opens with a live chart and its forecast, without a complaint (%s)',
    async (scheme) => {
      const { page, complaints, close } = await open({ url: service.url, scheme });
      await waitForForecast(page);
      await page.locator('#connection', { hasText: 'Live' }).waitFor();
      expect(await page.locator('#stream-list li').count()).toBeGreaterThan(3);
      await expect
        .poll(() => paintedInks(page))
        .toMatchObject({
          reading: expect.toSatisfy((pixels: number) => pixels > 50),
          forecast: expect.toSatisfy((pixels: number) => pixels > 20),
        });
      const before = await page.locator('#last-time').textContent();
      await expect
        .poll(() => page.locator('#last-time').textContent(), { timeout: 20_000 })
        .not.toBe(before);
      const surface = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      const brightness = Number(/\d+/.exec(String(surface))?.[0]);
      expect(brightness > 128).toBe(scheme === 'light');
      expect(complaints).toEqual([]);
      await close();
    },
  );

  it('puts the chart first on a phone and never scrolls sideways', async () => {
    const { page, complaints, close } = await open({ url: service.url, phone: true });
    await waitForForecast(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    const chart = await page.locator('#chart').boundingBox();
    const list = await page.locator('#stream-list').boundingBox();
    expect(chart!.y).toBeLessThan(500);
    expect(list!.y).toBeGreaterThan(chart!.y + chart!.height);
    expect(complaints).toEqual([]);
    await close();
  });

  it('can be used by keyboard alone, and its address names the stream', async () => {
    const { page, close } = await open({ url: service.url });
    await waitForForecast(page);
    const all = await page.locator('#stream-list li:visible').count();
    const name = (await page.locator('#stream-list .row-name').nth(1).textContent()) ?? '';
    await page.locator('#search').fill(name);
    expect(await page.locator('#stream-list li:visible').count()).toBeLessThan(all);
    await page.locator('#search').fill('');
    await page.locator('#search').press('Tab');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#stream-name', { hasText: name }).waitFor();
    expect(await page.locator('a[aria-current]').textContent()).toContain(name);
    const { page: linked, close: closeLinked } = await open({ url: page.url() });
    await linked.locator('#stream-name', { hasText: name }).waitFor();
    await waitForForecast(linked);
    await closeLinked();
    await close();
  });

  it('needs at most 150 kB, compressed, for the first view', async () => {
    const { page, close } = await open({ url: 'about:blank' });
    const sizes: Promise<number>[] = [];
    page.on('response', (response) => {
      if (!response.url().includes('/v1/')) {
        sizes.push(response.body().then((body) => gzipSync(body).length));
      }
    });
    await page.goto(service.url);
    await waitForForecast(page);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(sizes.length).toBeGreaterThanOrEqual(3);
    expect(bytes).toBeLessThan(150_000);
    await close();
  });

  it('says so when the service has gone', async () => {
    const { page, close } = await open({ url: service.url });
    await waitForForecast(page);
    expect(await service.stop()).toBe(0);
    await page.locator('#connection', { hasText: 'Disconnected' }).waitFor();
    await page.getByText('The connection is lost').waitFor();
    await close();
  });
});

describe('the page of a service without devices', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService('--no-simulate');
  });

  afterAll(() => service?.stop());

  it('tells how to publish, and shows the first stream as soon as someone does', async () => {
    const { page, complaints, close } = await open({ url: service.url });
    await page.getByText('Waiting for the first readings').waitFor();
    expect(await page.locator('#waiting').textContent()).toContain('mosquitto_pub');
    const port = /mosquitto_pub.* -p (\d+)/.exec(service.output())?.[1];
    const device = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    for (const value of [21, 21.5, 22]) {
      await device.publishAsync('demo/temperature', String(value), { qos: 1 });
    }
    await device.endAsync();
    await page.locator('#stream-name', { hasText: 'demo/temperature' }).waitFor();
    await waitForForecast(page);
    expect(await page.locator('#last-value').textContent()).toBe('22');
    expect(complaints).toEqual([]);
    await close();
  });
});
