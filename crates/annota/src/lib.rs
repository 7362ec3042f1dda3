//! Text annotation for DataFusion: sessions, pipelines, models
