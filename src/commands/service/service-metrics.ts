import type { Registry } from 'prom-client';
import type { EmbeddedBroker } from '../../adapters/broker/embedded-broker.ts';
import { createMetrics, type MetricGroup } from '../../adapters/http/metrics.ts';
import type { JournalState } from '../../adapters/journal/segment-journal.ts';
import type { MqttSource } from '../../adapters/mqtt/mqtt-source.ts';
import type { TrainingWorker } from '../../adapters/training-worker/training-worker.ts';
import { webSocketMetrics } from '../../adapters/websocket/counters.ts';
import type { WebSocketServer } from '../../adapters/websocket/websocket-server.ts';
import type { RejectionRing } from '../../decoding/rejection-ring.ts';
import type { Engine } from '../../engine/engine.ts';
import { meanCoverage } from '../../engine/mean-coverage.ts';
import type { KernelVariant } from '../../numerics/kernel-choice.ts';
import { journalGroup } from './journal-metrics.ts';
import type { Sink } from './sink.ts';
import { sinkGroups } from './sink-metrics.ts';

/** What the batches of readings have cost so far. */
export interface BatchCounters {
  batches: number;
  seconds: number;
}

/** Where the numbers come from; parts that are not there yet are undefined and show nothing. */
export interface MeasuredParts {
  readonly engine: Engine;
  readonly kernels: KernelVariant;
  readonly rejections: RejectionRing;
  readonly batches: BatchCounters;
  broker: EmbeddedBroker | undefined;
  mqtt: MqttSource | undefined;
  websocket: WebSocketServer | undefined;
  training: TrainingWorker | undefined;
  sinks: readonly Sink[];
  journal: (() => JournalState) | undefined;
}

const counter = (help: string) => ({ type: 'counter', help }) as const;
const gauge = (help: string) => ({ type: 'gauge', help }) as const;

/** The registry behind `/metrics`; numbers are read when somebody asks. */
export function serviceMetrics(parts: MeasuredParts): Registry {
  const groups = [engineGroup(parts), batchGroup(parts), brokerGroup(parts), mqttGroup(parts)];
  return createMetrics({
    groups: [
      ...groups,
      websocketGroup(parts),
      trainingGroup(parts),
      journalGroup(() => parts.journal?.()),
      ...sinkGroups(() => parts.sinks),
    ],
    labelled: [
      {
        name: 'kernel_info',
        label: 'variant',
        ...gauge('1 for the recurrent kernels in use.'),
        read: () => [[parts.kernels, 1]],
      },
      {
        name: 'rejections_total',
        label: 'code',
        ...counter('Messages or readings that could not be taken.'),
        read: () => parts.rejections.counts,
      },
      {
        name: 'coverage',
        label: 'level',
        ...gauge('Share of targets inside the interval, mean over the streams.'),
        read: () => meanCoverage(parts.engine.membership.groups),
      },
      {
        name: 'model_version',
        label: 'model',
        ...gauge('Version of the weights that a model group forecasts with.'),
        read: () => parts.engine.membership.groups.map(({ name, version }) => [name, version]),
      },
    ],
  });
}

function engineGroup({ engine }: MeasuredParts): MetricGroup {
  return {
    prefix: '',
    metrics: {
      streams: gauge('Streams now.'),
      readingsTotal: counter('Readings taken in.'),
      stepsTotal: counter('Recurrent steps taken, imputed ones included.'),
      imputedTotal: counter('Missing steps inserted.'),
      missingTotal: counter('Readings known to be missing.'),
      retainedTotal: counter('Retained readings, shown and not learnt.'),
      lateTotal: counter('Late readings that corrected history.'),
      duplicatesTotal: counter('Readings dropped as duplicates.'),
      correctedTotal: counter('Readings that corrected one of the same time.'),
      tooLateTotal: counter('Readings dropped because they came too late.'),
      futureTotal: counter('Readings dropped because their time is too far ahead.'),
      limitBreaksTotal: counter('Readings outside the limits of their stream.'),
      counterResetsTotal: counter('Counters that began anew.'),
      streamLimitTotal: counter('Readings dropped because of limits.streams.'),
      gapRestartsTotal: counter('States started anew after a long gap.'),
      stateRestartsTotal: counter('States started anew because a number was not finite.'),
      cadenceChangesTotal: counter('Streams that changed their cadence.'),
      removedTotal: counter('Streams removed.'),
      weightsRefusedTotal: counter('Weights that did not fit or were not finite.'),
      modelBytes: gauge('Bytes of model state of all streams.'),
    },
    read: () => {
      const { counters } = engine;
      return {
        streams: engine.table.count,
        readingsTotal: counters.readings,
        stepsTotal: counters.steps,
        imputedTotal: counters.imputed,
        missingTotal: counters.missing,
        retainedTotal: counters.retained,
        lateTotal: counters.late,
        duplicatesTotal: counters.duplicates,
        correctedTotal: counters.corrected,
        tooLateTotal: counters.tooLate,
        futureTotal: counters.future,
        limitBreaksTotal: counters.limitBreaks,
        counterResetsTotal: counters.counterResets,
        streamLimitTotal: counters.streamLimit,
        gapRestartsTotal: counters.gapRestarts,
        stateRestartsTotal: counters.stateRestarts,
        cadenceChangesTotal: counters.cadenceChanges,
        removedTotal: counters.removed,
        weightsRefusedTotal: counters.weightsRefused,
        modelBytes: engine.membership.bytes,
      };
    },
  };
}

function batchGroup({ batches }: MeasuredParts): MetricGroup {
  return {
    prefix: '',
    metrics: {
      batchesTotal: counter('Events folded into the engine.'),
      batchSecondsTotal: counter('Time spent folding them.'),
    },
    read: () => ({ batchesTotal: batches.batches, batchSecondsTotal: batches.seconds }),
  };
}

function brokerGroup(parts: MeasuredParts): MetricGroup {
  return {
    prefix: 'broker',
    metrics: {
      clients: gauge('Clients of the embedded broker.'),
      messagesTotal: counter('Messages taken in by the embedded broker.'),
      refusedTotal: counter('Messages on topics that clients may not use.'),
      connectionsRefusedTotal: counter('Connections beyond the limit.'),
      connectionErrorsTotal: counter('Connections that ended by an error.'),
      forwardsDroppedTotal: counter('Messages not passed on to a slow subscriber.'),
    },
    read: () => {
      const { broker } = parts;
      if (broker === undefined) return {};
      const { counters } = broker;
      return {
        clients: broker.clients,
        messagesTotal: counters.messages,
        refusedTotal: counters.refused,
        connectionsRefusedTotal: counters.connectionsRefused,
        connectionErrorsTotal: counters.connectionErrors,
        forwardsDroppedTotal: counters.forwardsDropped,
      };
    },
  };
}

function mqttGroup(parts: MeasuredParts): MetricGroup {
  return {
    prefix: 'mqtt',
    metrics: {
      messagesTotal: counter('Messages from the outside broker.'),
      connectionsTotal: counter('Connections that the outside broker accepted.'),
      pausesTotal: counter('Times its socket was not read because too much waited.'),
      sessionsLostTotal: counter('Times the outside broker had forgotten our session.'),
      resubscriptionsTotal: counter('Attempts to end a silence by subscribing again.'),
      silentReconnectionsTotal: counter('Attempts to end a silence by connecting again.'),
      overflowsTotal: counter('Deliberate disconnections because too much was held.'),
      lostTotal: counter('Held messages at QoS 0 that such a disconnection lost.'),
      subscribed: gauge('1 while the outside broker has granted our subscriptions.'),
    },
    read: () => {
      const { mqtt } = parts;
      if (mqtt === undefined) return {};
      return {
        messagesTotal: mqtt.counters.messages,
        connectionsTotal: mqtt.counters.connections,
        pausesTotal: mqtt.counters.pauses,
        sessionsLostTotal: mqtt.counters.sessionsLost,
        resubscriptionsTotal: mqtt.counters.resubscriptions,
        silentReconnectionsTotal: mqtt.counters.silentReconnections,
        overflowsTotal: mqtt.counters.overflows,
        lostTotal: mqtt.counters.lost,
        subscribed: mqtt.state === 'subscribed' ? 1 : 0,
      };
    },
  };
}

function websocketGroup(parts: MeasuredParts): MetricGroup {
  return {
    prefix: 'websocket',
    metrics: webSocketMetrics,
    read: () => ({ ...parts.websocket?.counters }),
  };
}

function trainingGroup(parts: MeasuredParts): MetricGroup {
  return {
    prefix: 'training',
    metrics: {
      rowsTotal: counter('Steps that training has taken in.'),
      droppedRowsTotal: counter('Steps dropped because training could not keep up.'),
      inFlightBytes: gauge('Bytes on their way to the training worker.'),
      updatesTotal: counter('Adam steps.'),
      refusedUpdatesTotal: counter('Adam steps refused because a number was not finite.'),
      skippedUpdatesTotal: counter('Adam steps left out under load.'),
      divergencesTotal: counter('Times that training diverged and was set back.'),
      rollbacksTotal: counter('Checkpoints that returned to the last good weights.'),
      secondsTotal: counter('Time spent on updates.'),
      crashesTotal: counter('Times that the training worker ended unexpectedly.'),
    },
    read: () => {
      if (parts.training === undefined) return {};
      const { droppedRows, inFlightBytes, crashes, progress } = parts.training.counters;
      return {
        rowsTotal: progress.acceptedSteps,
        droppedRowsTotal: droppedRows + progress.refusedRows,
        inFlightBytes,
        updatesTotal: progress.updates,
        refusedUpdatesTotal: progress.refusedUpdates,
        skippedUpdatesTotal: progress.skippedUpdates,
        divergencesTotal: progress.divergences,
        rollbacksTotal: progress.rollbacks,
        secondsTotal: progress.seconds,
        crashesTotal: crashes,
      };
    },
  };
}
