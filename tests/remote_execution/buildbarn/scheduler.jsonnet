// bb_scheduler: CLIENTS and WORKERS are its ports, STORAGE is that of the blobs. cluster.py puts them in.
local allow = { allow: {} };
local listen(port) = [{ listenAddresses: ['127.0.0.1:' + port], authenticationPolicy: allow }];
{
  clientGrpcServers: listen(std.extVar('CLIENTS')),
  workerGrpcServers: listen(std.extVar('WORKERS')),
  browserUrl: 'http://localhost/',
  maximumMessageSizeBytes: 16 * 1024 * 1024,
  contentAddressableStorage: { grpc: { address: '127.0.0.1:' + std.extVar('STORAGE') } },
  executeAuthorizer: allow,
  modifyDrainsAuthorizer: allow,
  killOperationsAuthorizer: allow,
  actionRouter: {
    simple: {
      platformKeyExtractor: { action: {} },
      invocationKeyExtractors: [{ toolInvocationId: {} }],
      initialSizeClassAnalyzer: { defaultExecutionTimeout: '1800s', maximumExecutionTimeout: '7200s' },
    },
  },
  platformQueueWithNoWorkersTimeout: '900s',
}
