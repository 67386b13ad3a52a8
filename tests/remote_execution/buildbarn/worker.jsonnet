// bb_worker: FOLDER is its own, WORKERS the port of the scheduler, STORAGE that of the blobs, POOL the property of its platform.
local folder = std.extVar('FOLDER');
local storage = { grpc: { address: '127.0.0.1:' + std.extVar('STORAGE') } };
{
  blobstore: { contentAddressableStorage: storage, actionCache: storage },
  browserUrl: 'http://localhost/',
  maximumMessageSizeBytes: 16 * 1024 * 1024,
  scheduler: { address: '127.0.0.1:' + std.extVar('WORKERS') },
  buildDirectories: [{
    native: {
      buildDirectoryPath: folder + '/build',
      cacheDirectoryPath: folder + '/cache',
      maximumCacheFileCount: 200000,
      maximumCacheSizeBytes: 8 * 1024 * 1024 * 1024,
      cacheReplacementPolicy: 'LEAST_RECENTLY_USED',
    },
    runners: [{
      endpoint: { address: 'unix://' + folder + '/runner' },
      concurrency: 2,
      platform: { properties: [{ name: 'pool', value: std.extVar('POOL') }] },
      workerId: { name: 'one' },
    }],
  }],
  outputUploadConcurrency: 8,
  directoryCache: { maximumCount: 10000, maximumSizeBytes: 64 * 1024 * 1024, cacheReplacementPolicy: 'LEAST_RECENTLY_USED' },
}
