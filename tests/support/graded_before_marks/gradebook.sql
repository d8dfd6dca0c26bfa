BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO "alembic_version" VALUES('e43177bfe90b');
CREATE TABLE assignment (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	duedate DATETIME, 
	course_id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(course_id) REFERENCES course (id)
);
INSERT INTO "assignment" VALUES('fa04f91c9a15459d8d884384732e8036','sums','2026-10-12 12:00:00.000000','course');
CREATE TABLE base_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	notebook_id VARCHAR(32) NOT NULL, 
	type VARCHAR(50), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id, type), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "base_cell" VALUES('e5fb78381ee74e5ba2da62ed09875834','a.b','10af935eda7142fb81f01cff115a974d','GradeCell');
CREATE TABLE comment (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_comment TEXT, 
	manual_comment TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
CREATE TABLE course (
	id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (id)
);
INSERT INTO "course" VALUES('course');
CREATE TABLE grade (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_score FLOAT, 
	manual_score FLOAT, 
	extra_credit FLOAT, 
	needs_manual_grade BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
INSERT INTO "grade" VALUES('d363b7c6c5e84e1a8cf4a77f40dec2a8','f0213aa500854b73b6f3b3ee48d4c1be','e5fb78381ee74e5ba2da62ed09875834',100.0,NULL,5.0,0);
INSERT INTO "grade" VALUES('b99f006c4afb4a8d91af83158d481693','0bf8b9ad170245ce9368fdf5dbbbb8e8','e5fb78381ee74e5ba2da62ed09875834',60.0,80.0,2.0,0);
INSERT INTO "grade" VALUES('0c69ccaf7d004e3dae1afad1189a3cc6','021e5150f9fa46a6aa552b59ba1a1176','e5fb78381ee74e5ba2da62ed09875834',75.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('1bf3820618e943a48c23eba18f3a57c7','143a47cafc1546c8972dd4b8b09e9da6','e5fb78381ee74e5ba2da62ed09875834',0.0,50.0,NULL,0);
CREATE TABLE grade_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "grade_cells" VALUES('e5fb78381ee74e5ba2da62ed09875834',100.0,'code');
CREATE TABLE notebook (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	assignment_id VARCHAR(32), 
	kernelspec VARCHAR(1024), 
	PRIMARY KEY (id), 
	UNIQUE (name, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id)
);
INSERT INTO "notebook" VALUES('10af935eda7142fb81f01cff115a974d','sums','fa04f91c9a15459d8d884384732e8036',NULL);
CREATE TABLE solution_cells (
	id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
CREATE TABLE source_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	locked BOOLEAN NOT NULL, 
	source TEXT, 
	checksum VARCHAR(128), 
	notebook_id VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "source_cell" VALUES('fc3133049ca8414882b11be34a97298b','a.b','code',1,'# a.b',NULL,'10af935eda7142fb81f01cff115a974d');
CREATE TABLE student (
	id VARCHAR(128) NOT NULL, 
	first_name VARCHAR(128), 
	last_name VARCHAR(128), 
	email VARCHAR(128), 
	lms_user_id VARCHAR(128), 
	PRIMARY KEY (id)
);
INSERT INTO "student" VALUES('s01',NULL,NULL,NULL,NULL);
INSERT INTO "student" VALUES('s02',NULL,NULL,NULL,NULL);
INSERT INTO "student" VALUES('s03',NULL,NULL,NULL,NULL);
INSERT INTO "student" VALUES('s04',NULL,NULL,NULL,NULL);
CREATE TABLE submitted_assignment (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	student_id VARCHAR(128), 
	timestamp DATETIME, 
	extension DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (assignment_id, student_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id), 
	FOREIGN KEY(student_id) REFERENCES student (id)
);
INSERT INTO "submitted_assignment" VALUES('9cd013e17f5542259ec8fc7445832b30','fa04f91c9a15459d8d884384732e8036','s01','2026-10-12 12:00:00.000000',NULL);
INSERT INTO "submitted_assignment" VALUES('b482cd1e60f447ab863ce0befe40c0b3','fa04f91c9a15459d8d884384732e8036','s02','2026-10-13 12:00:00.000000',NULL);
INSERT INTO "submitted_assignment" VALUES('ec4256d18be344ca844b81be9d45c1bb','fa04f91c9a15459d8d884384732e8036','s03','2026-10-12 12:00:00.000000',NULL);
INSERT INTO "submitted_assignment" VALUES('46d90b5a5e90455d824e94a4f98dcccb','fa04f91c9a15459d8d884384732e8036','s04','2026-10-14 12:00:00.000000',NULL);
CREATE TABLE submitted_notebook (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	notebook_id VARCHAR(32), 
	flagged BOOLEAN, 
	late_submission_penalty FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (notebook_id, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES submitted_assignment (id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "submitted_notebook" VALUES('f0213aa500854b73b6f3b3ee48d4c1be','9cd013e17f5542259ec8fc7445832b30','10af935eda7142fb81f01cff115a974d',0,0.0);
INSERT INTO "submitted_notebook" VALUES('0bf8b9ad170245ce9368fdf5dbbbb8e8','b482cd1e60f447ab863ce0befe40c0b3','10af935eda7142fb81f01cff115a974d',0,10.0);
INSERT INTO "submitted_notebook" VALUES('021e5150f9fa46a6aa552b59ba1a1176','ec4256d18be344ca844b81be9d45c1bb','10af935eda7142fb81f01cff115a974d',0,0.0);
INSERT INTO "submitted_notebook" VALUES('143a47cafc1546c8972dd4b8b09e9da6','46d90b5a5e90455d824e94a4f98dcccb','10af935eda7142fb81f01cff115a974d',0,20.0);
CREATE TABLE task_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
COMMIT;
