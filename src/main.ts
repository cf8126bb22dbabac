console.log('Inkling');
