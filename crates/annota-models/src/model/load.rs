//! From the files of a model to an engine whose vectors can be believed.

use std::sync::{Arc, Mutex, PoisonError};

use super::trust::{Trust, Verdict};
use crate::engine::Engine;
use crate::store::ModelFiles;
use crate::{DeviceKind, DeviceSpec, LoadReport, ModelError, Precision, Target, family};

/// The engine of a model, and what its checkpoint gave. Where a GPU does not compute what the CPU computes, the CPU
/// serves, and a warning is logged.
pub fn engine(files: &ModelFiles, target: &Target) -> Result<(Engine, LoadReport), ModelError> {
    let started = start(files, target)?;
    if target.device.kind != DeviceKind::Gpu {
        return Ok(started);
    }
    let trust = Trust::new(files, target)?;
    if trust.verdict() == Verdict::Passed {
        return Ok(started);
    }
    let cpu = start(files, &Target::open(DeviceSpec::Cpu, Precision::F32)?)?;
    let Verdict::Failed(reason) = trust.examine(&started.0, &cpu.0) else { return Ok(started) };
    let (device, model) = (&target.device.name, files.name());
    log::warn!("`{device}` is not used for model `{model}`: {reason}; the CPU computes instead");
    Ok(cpu)
}

/// What is known of a device's agreement with the CPU, which agrees with itself.
pub fn kept_verdict(files: &ModelFiles, target: &Target) -> Result<Verdict, ModelError> {
    match target.device.kind {
        DeviceKind::Gpu => Ok(Trust::new(files, target)?.verdict()),
        DeviceKind::Cpu(_) | DeviceKind::CpuReference => Ok(Verdict::Passed),
    }
}

/// Compares a device with the CPU, whatever is known, and keeps what is found out.
pub fn self_check(files: &ModelFiles, target: &Target) -> Result<Verdict, ModelError> {
    if target.device.kind != DeviceKind::Gpu {
        return Ok(Verdict::Passed);
    }
    let (gpu, _) = start(files, target)?;
    let (cpu, _) = start(files, &Target::open(DeviceSpec::Cpu, Precision::F32)?)?;
    Ok(Trust::new(files, target)?.examine(&gpu, &cpu))
}

fn start(files: &ModelFiles, target: &Target) -> Result<(Engine, LoadReport), ModelError> {
    let (name, config, weights) = (files.name().to_owned(), files.config()?, files.weights()?);
    let family = family::of_config(&name, &config)?;
    let report = Arc::new(Mutex::new(LoadReport::default()));
    let load = {
        let (target, report) = (target.clone(), report.clone());
        move || {
            let (encoder, found) = (family.open)(&name, &config, &weights, &target)?;
            *report.lock().unwrap_or_else(PoisonError::into_inner) = found;
            Ok(encoder)
        }
    };
    let engine = Engine::start(&target.device.name, load)?;
    let report = std::mem::take(&mut *report.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((engine, report))
}
