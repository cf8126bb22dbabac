import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const project = fileURLToPath(new URL('..', import.meta.url));

/**
 * The page is built from src/dashboard into dist/. It must run under a policy that allows scripts
 * and styles of its own origin only.
 */
export default defineConfig({
  root: `${project}src/dashboard`,
  publicDir: false,
  cacheDir: `${project}node_modules/.cache/vite`,
  build: {
    outDir: `${project}dist`,
    emptyOutDir: true,
    target: 'es2023',
    // Data addresses would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
});
